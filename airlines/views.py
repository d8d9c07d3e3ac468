"""Pages of what is for sale: the search, its results, and suggestions of places."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from airlines.itineraries import FEW_SEATS, cheapest_routes, offer_now, party_in_words
from airlines.page_forms import SearchPageForm, listed_places
from airlines.price_forms import AnywhereForm, CalendarForm, DaysForm, FlexibleForm, PriceForm
from airlines.price_pages import (
    anywhere_by_price,
    calendar,
    flexible,
    for_page,
    month_of_days,
    near_days,
    prices_around,
)
from airlines.services import changes
from airlines.services.gazetteer import Suggestion, suggest_places
from airlines.services.places import Place
from airlines.services.reference import current
from airlines.services.search import choose
from airlines.styleguide import samples

OFFERS_AT_ONCE = 20
SLICES = frozenset("012345")
SUGGESTED_FROM = 2
"""Letters typed before places are suggested."""
NEAR = re.compile(r"(-?\d{1,2}(?:\.\d{1,6})?),(-?\d{1,3}(?:\.\d{1,6})?)\Z", re.ASCII)
"""Latitude and longitude, in degrees."""
REMEMBERED = "search"
"""The cookie that keeps the last search."""
REMEMBERED_FOR = timedelta(days=90)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    return render(
        request,
        "airlines/home.html",
        {
            "form": SearchPageForm(now=now, remembered=request.COOKIES.get(REMEMBERED, "")),
            "places": listed_places(),
            "routes": cheapest_routes(now),
        },
    )


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What can be bought. A journey of several slices is chosen slice by slice (`chosen`), the last with its offer."""
    now = timezone.now()
    form = _search_form(request, now)
    context: dict[str, object] = {"form": form, "places": listed_places()}
    if not form.is_valid():
        return render(request, "airlines/search_form.html", context)
    position = changes.position()
    choices = choose(form.query, now=now, page=form.page)
    form.show_counts(choices.counts)
    found = {
        "query": form.query,
        "party": party_in_words(form.query.party),
        "choices": choices,
        "few_seats": FEW_SEATS,
        "position": position,
        "around": prices_around(form.query, form),
        "families": [each for each in current().families.values() if each.code in choices.families],
        "near_days": [] if choices.ways or form.step else near_days(form.query, form),
        "is_from": not form.is_last_step,
        "offers_url": f"{reverse('offers-now')}?slice={form.step}{'' if form.is_last_step else '&from=yes'}",
    }
    response = render(request, "airlines/search.html", context | found)
    _remember(response, form.to_remember)
    return response


def _search_form(request: HttpRequest, now: datetime) -> SearchPageForm:
    """What is asked; what is only entered so far where fields of one more flight are asked for (`flights`)."""
    if flights := request.GET.get("flights"):
        return SearchPageForm(now=now, remembered=request.GET.urlencode(), flights=flights)
    return SearchPageForm(request.GET or None, now=now, remembered=request.COOKIES.get(REMEMBERED, ""))


def _remember(response: HttpResponse, search: str) -> None:
    """The first page begins with this search next time, without an account and without a script."""
    response.set_cookie(
        REMEMBERED,
        search,
        max_age=REMEMBERED_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@require_safe
@never_cache
def offers_now(request: HttpRequest) -> HttpResponse:
    """Offers of an open page as they are now, in parts that its script takes over."""
    now = timezone.now()
    step = request.GET.get("slice", "")
    with_table = request.GET.get("table") == "yes"
    tokens = request.GET.getlist("offer")[:OFFERS_AT_ONCE]
    part = int(step) if step in SLICES else 0
    offers = [offer_now(token, part=part, with_table=with_table, now=now) for token in tokens]
    return render(request, "airlines/offers_now.html", {"offers": offers, "is_from": request.GET.get("from") == "yes"})


@require_safe
def price_calendar(request: HttpRequest) -> HttpResponse:
    """The lowest price of each day of a month; of this month where none is named."""
    return _price_page(request, "airlines/calendar.html", CalendarForm, calendar)


@require_safe
def flexible_days(request: HttpRequest) -> HttpResponse:
    """The lowest prices of a return, three days around each of two days."""
    return _price_page(request, "airlines/flexible.html", FlexibleForm, flexible)


@require_safe
def anywhere(request: HttpRequest) -> HttpResponse:
    """Where one can go, by price; in this month where no day is named."""
    return _price_page(request, "airlines/anywhere.html", AnywhereForm, anywhere_by_price)


@require_safe
def price_days(request: HttpRequest) -> HttpResponse:
    """A month of the date picker, with the lowest price of each day where it is known from where to where."""
    form = DaysForm(request.GET, now=timezone.now())
    form.full_clean()
    return render(request, "airlines/price_days.html", month_of_days(form))


F = TypeVar("F", bound=PriceForm)


def _price_page(
    request: HttpRequest, template: str, form_class: type[F], shown: Callable[[F], dict[str, Any]]
) -> HttpResponse:
    now = timezone.now()
    asked = {name: request.GET.get(name, "") for name in form_class.base_fields}
    if not (asked.get("month") or asked.get("depart_on")):
        asked["month"] = f"{now:%Y-%m}"
    form = for_page(form_class(asked if "origin" in request.GET else None, now=now))
    context = {"form": form, "places": listed_places()}
    return render(request, template, context | (shown(form) if form.is_valid() else {}))


@require_safe
def place_suggestions(request: HttpRequest) -> HttpResponse:
    """Options of a list box for what somebody has typed so far, or for where they are."""
    words = request.GET.get("q", "").strip()
    near = NEAR.match(request.GET.get("near", ""))
    places: Sequence[Place | Suggestion] = []
    if near:
        places = current().nearest((float(near[1]), float(near[2])))
    elif len(words) >= SUGGESTED_FROM:
        places = suggest_places(words, countries=False)
    return render(request, "airlines/place_options.html", {"places": places})


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component in its states, for those who build pages: staff, and everybody where the code is worked on."""
    if not (settings.DEBUG or request.user.is_staff):
        raise Http404
    return render(request, "desk/styleguide.html", samples())
