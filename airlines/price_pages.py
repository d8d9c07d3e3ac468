"""Lowest prices as pages show them: each with the search that it comes from."""

from calendar import Calendar
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import Any, TypeVar
from urllib.parse import urlencode

from babel import Locale
from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language

from airlines.itineraries import search_url
from airlines.models import Low
from airlines.page_forms import DateInput, cabins_flown
from airlines.price_forms import AnywhereForm, CalendarForm, DaysForm, FlexibleForm, PriceForm, month_end, next_month
from airlines.services.lows import DAYS_AROUND, DayLow, Journey, RoundTrip, anywhere, lows_around, lows_by_day
from airlines.services.places import Place
from airlines.services.reference import current, last_day_on_sale
from airlines.services.search import SearchQuery

F = TypeVar("F", bound=PriceForm)
DAYS_BEFORE, DAYS_AFTER, NEAR_DAYS = timedelta(days=7), timedelta(days=30), 4
"""Where nothing is found, how far is looked for days with flights, and how many are named."""


@dataclass(frozen=True, slots=True)
class PricedDay:
    """A day of a calendar or a strip; `total` is None where nothing can be said."""

    day: date
    total: Decimal | None
    url: str
    stops: int | None = None
    is_cheapest: bool = False
    is_shown: bool = False
    """The day that the page is about."""
    can_be_flown: bool = True
    """Not passed, and on sale already."""


@dataclass(frozen=True, slots=True)
class PricedReturn:
    return_on: date
    cells: list[PricedDay]
    """By day of departure; no `url` where one would fly back before leaving."""


@dataclass(frozen=True, slots=True)
class PricedJourney:
    journey: Journey
    url: str
    calendar_url: str

    @property
    def low(self) -> Low:
        return self.journey.low


def for_page(form: F) -> F:
    """The form as a browser shows it: suggestions of places, months and cabins to choose from."""
    for name in {"origin", "destination"} & form.fields.keys():
        form.fields[name].widget.attrs |= {"list": "places", "autocomplete": "off", "spellcheck": "false"}
    form.fields["cabin"].widget = forms.Select(choices=cabins_flown())
    for name in {"depart_on", "return_on"} & form.fields.keys():
        form.fields[name].widget = DateInput({})
    if "month" in form.fields:
        form.fields["month"].widget = forms.Select(choices=_months(form))
    if "country" in form.fields:
        form.fields["country"].widget = forms.Select(choices=_countries())
    return form


def _months(form: PriceForm) -> list[tuple[str, str]]:
    """From this month to the last that is on sale, in brief: the field is half a phone wide."""
    months, month = [], form.now.date().replace(day=1)
    while month <= form.last_day():
        months.append((f"{month:%Y-%m}", date_format(month, "M Y")))
        month = next_month(month)
    return months


def _countries() -> list[tuple[str, str]]:
    names = Locale.parse(get_language() or settings.LANGUAGE_CODE).territories
    served = {airport.city.country for airport in current().airports.values()}
    return [("", "—"), *sorted(((code, names.get(code, code)) for code in served), key=itemgetter(1))]


def calendar(form: CalendarForm) -> dict[str, Any]:
    """A month of prices, and the months beside it."""
    asked, month = form.cleaned_data, form.cleaned_data["month"]
    origin, destination = asked["origin"], asked["destination"]
    months = [month - timedelta(days=1), next_month(month)]
    return {
        "origin": origin,
        "destination": destination,
        "month": month,
        "days": _month_priced(form, origin, destination, month),
        "first_weekday": month.isoweekday(),
        "other_months": [
            (other, calendar_url(origin, destination, other, form.chosen_cabin))
            for other in months
            if form.today.replace(day=1) <= other.replace(day=1) <= form.last_day()
        ],
    }


def month_of_days(form: DaysForm) -> dict[str, Any]:
    """A month of a date picker, week by week from Monday: without prices as long as one of the places is not known."""
    asked, month = form.cleaned_data, form.first_day
    origin, destination = asked.get("origin"), asked.get("destination")
    priced: dict[date, PricedDay] = {}
    if origin and destination:
        priced = {each.day: each for each in _month_priced(form, origin, destination, month)}
    weeks = Calendar().monthdatescalendar(month.year, month.month)
    return {
        "month": month,
        "weeks": [
            [priced.get(day) or PricedDay(day, None, "") if day.month == month.month else None for day in week]
            for week in weeks
        ],
    }


def _month_priced(form: CalendarForm | DaysForm, origin: Place, destination: Place, month: date) -> list[PricedDay]:
    days = lows_by_day(
        origin=origin,
        destination=destination,
        first=month,
        last=month_end(month),
        cabin=form.chosen_cabin,
        now=form.now,
    )
    return _priced(days, origin, destination, form.chosen_cabin)


def _priced(
    days: Iterable[DayLow], origin: Place, destination: Place, cabin: str, *, shown: date | None = None
) -> list[PricedDay]:
    days = list(days)
    least = min((each.total for each in days if each.total is not None), default=None)
    return [
        PricedDay(
            each.day,
            each.total,
            search_url([(origin.label, destination.label, each.day)], cabin=cabin),
            each.low.stops if each.low else None,
            is_cheapest=each.total is not None and each.total == least,
            is_shown=each.day == shown,
        )
        for each in days
    ]


def calendar_url(origin: Place, destination: Place, month: date, cabin: str) -> str:
    asked = {"origin": origin.label, "destination": destination.label, "month": f"{month:%Y-%m}", "cabin": cabin}
    return f"{reverse('calendar')}?{urlencode(asked)}"


def flexible_url(origin: Place, destination: Place, depart_on: date, return_on: date, cabin: str) -> str:
    asked = {"origin": origin.label, "destination": destination.label, "depart_on": depart_on, "return_on": return_on}
    return f"{reverse('flexible')}?{urlencode(asked | {'cabin': cabin})}"


def follow_url(origin: Place, destination: Place, depart_on: date, return_on: date | None, cabin: str) -> str:
    asked = {"origin": origin.label, "destination": destination.label, "depart_on": depart_on}
    asked |= {"return_on": return_on or "", "cabin": cabin}
    return f"{reverse('follow-price')}?{urlencode(asked)}"


def flexible(form: FlexibleForm) -> dict[str, Any]:
    """Seven days out by seven days back."""
    asked = {name: value for name, value in form.cleaned_data.items() if name != "cabin"}
    grid = lows_around(**asked, cabin=form.chosen_cabin, now=form.now)
    least = min((trip.total for row in grid for trip in row if trip.total is not None), default=None)

    def priced(trip: RoundTrip) -> PricedDay:
        return PricedDay(
            trip.depart_on,
            trip.total,
            _return_url(form, trip),
            is_cheapest=trip.total is not None and trip.total == least,
            is_shown=(trip.depart_on, trip.return_on) == (asked["depart_on"], asked["return_on"]),
        )

    return {
        "origin": asked["origin"],
        "destination": asked["destination"],
        "days_out": [asked["depart_on"] + timedelta(days=n) for n in range(-DAYS_AROUND, DAYS_AROUND + 1)],
        "rows": [PricedReturn(row[0].return_on, [priced(trip) for trip in row]) for row in grid],
    }


def _return_url(form: FlexibleForm, trip: RoundTrip) -> str:
    """The search for a round trip; none where its days are not on sale."""
    if not form.today <= trip.depart_on <= trip.return_on <= form.last_day():
        return ""
    there, here = form.cleaned_data["origin"].label, form.cleaned_data["destination"].label
    return search_url([(there, here, trip.depart_on), (here, there, trip.return_on)], cabin=form.chosen_cabin)


def anywhere_by_price(form: AnywhereForm) -> dict[str, Any]:
    """Cities to go to, the cheapest first, each with the search and the calendar of its price."""
    origin, cabin = form.cleaned_data["origin"], form.chosen_cabin
    first, last = form.days
    found = anywhere(
        origin=origin, first=first, last=last, cabin=cabin, now=form.now, country=form.cleaned_data["country"]
    )
    return {
        "origin": origin,
        "journeys": [
            PricedJourney(
                each,
                search_url([(origin.label, each.destination.label, each.low.departs_on)], cabin=cabin),
                calendar_url(origin, each.destination, each.low.departs_on, cabin),
            )
            for each in found
        ],
    }


def near_days(query: SearchQuery, form: Any) -> list[PricedDay]:
    """For a search that finds nothing: the days next to it that have a price, the nearest first."""
    there = query.slices[0]
    first = max(there.depart_on - DAYS_BEFORE, form.first_day)
    last = query.slices[-1].depart_on if len(query.slices) > 1 else there.depart_on + DAYS_AFTER
    days = lows_by_day(
        origin=there.origin, destination=there.destination, first=first, last=last, cabin=query.cabin, now=form.now
    )
    priced = [each for each in _priced(days, there.origin, there.destination, query.cabin) if each.total is not None]
    priced.sort(key=lambda each: abs(each.day - there.depart_on))
    return sorted(priced[:NEAR_DAYS], key=lambda each: each.day)


def prices_around(query: SearchQuery, form: Any) -> dict[str, Any]:
    """For the results of a search: the lowest prices of the days around it, and the way to more of them.

    A return has its grid; a journey of several slices has nothing.
    """
    there = query.slices[0]
    places = (there.origin, there.destination)
    if len(query.slices) == 1:
        around = timedelta(days=DAYS_AROUND)
        days = lows_by_day(
            origin=there.origin,
            destination=there.destination,
            first=there.depart_on - around,
            last=there.depart_on + around,
            cabin=query.cabin,
            now=form.now,
        )
        return {
            "days": [
                replace(each, can_be_flown=form.first_day <= each.day <= (last_day_on_sale() or each.day))
                for each in _priced(days, *places, query.cabin, shown=there.depart_on)
            ],
            "calendar_url": calendar_url(*places, there.depart_on, query.cabin),
            "follow_url": follow_url(*places, there.depart_on, None, query.cabin),
        }
    if form.is_return:
        back_on = query.slices[1].depart_on
        return {
            "flexible_url": flexible_url(*places, there.depart_on, back_on, query.cabin),
            "follow_url": follow_url(*places, there.depart_on, back_on, query.cabin),
        }
    return {}
