"""How staff find what was sold: by what people on the phone know."""

import re
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.dataclasses import SearchResult

from airlines.admin.filters import STILL_OF_INTEREST
from airlines.models import Flight
from bookings.gateways.registry import GATEWAYS
from bookings.models import Booking, Passenger, Payment, Refund, Segment, Ticket
from flights_project.gateway.desk import LongTableAdmin

REFERENCE = re.compile(r"(?=.*\d)[\w-]{16,100}")
"""A payment's or a refund's: long enough to be no name."""
TICKET_NUMBER = re.compile(r"\d{3}-?\d{10}")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
FLIGHT_NUMBER = re.compile(r"[A-Z0-9]{2}[1-9]\d{0,3}[A-Z]?", re.IGNORECASE)
PALETTE_RESULTS = 5

M = TypeVar("M", bound=Model)


def find_bookings(bookings: QuerySet[Booking], words: str) -> QuerySet[Booking]:
    """The bookings that every word leads to: locator, e-mail address, ticket, flight number, day of
    departure, reference of a payment or refund, or family name.

    Each is looked up where it is kept, by an index of its own, and the keys are put together: alternatives in one
    condition would have the whole table read.
    """
    return bookings.filter(pk__in=_keys_of(words))


def _keys_of(words: str) -> QuerySet[Any, Any]:
    """One word is looked up as it is: with nothing around it, the plan is as short as it can be."""
    every_word = words.split()
    if len(every_word) == 1:
        return _meant_by(every_word[0])
    fitting = Booking.objects.order_by()
    for word in every_word:
        fitting = fitting.filter(pk__in=_meant_by(word))
    return fitting.values("pk").union(_named(words.strip()))


def _meant_by(word: str) -> QuerySet[Any, Any]:
    """The keys of the bookings that one word can mean."""
    own = Booking.objects.order_by()
    if "@" in word:
        written_to, owned = own.filter(contact_email__iexact=word), own.filter(owner__email__iexact=word)
        return written_to.values("pk").union(owned.values("pk"))
    if TICKET_NUMBER.fullmatch(word):
        return Ticket.objects.order_by().filter(number=word.replace("-", "")).values("passenger__booking")
    if DAY.fullmatch(word):
        return _leaving_on(word)
    if REFERENCE.fullmatch(word):
        return _paid_by(word)
    ways = [_named(word)]
    if FLIGHT_NUMBER.fullmatch(word):
        ways.append(Segment.objects.order_by().filter(flight__number=word.upper()).values("booking"))
    return own.filter(locator=word.upper()).values("pk").union(*ways)


def _paid_by(reference: str) -> QuerySet[Any, Any]:
    """The bookings of a payment by its id or the gateway's reference, or of a refund by its id."""
    payments = Payment.objects.order_by()
    ways = [payments.filter(gateway=name, reference=reference).values("booking") for name in GATEWAYS]
    try:
        key = UUID(reference)
    except ValueError:
        return ways[0].union(*ways[1:])
    refunds = Refund.objects.order_by().filter(pk=key).values("payment__booking")
    return payments.filter(pk=key).values("booking").union(refunds, *ways)


def _leaving_on(day: str) -> QuerySet[Any, Any]:
    """The bookings with a flight on a local day; none on a day that there is not, such as 31 February."""
    segments = Segment.objects.order_by()
    try:
        return segments.filter(flight__departs_on=date.fromisoformat(day)).values("booking")
    except ValueError:
        return segments.none().values("booking")


def _named(name: str) -> QuerySet[Any, Any]:
    return Passenger.objects.order_by().filter(family_name__istartswith=name).values("booking")


class SoldAdmin(LongTableAdmin[M]):
    """A page of what was sold, searched by what leads to the booking."""

    search_fields = ["pk"]
    search_help_text = gettext_lazy(
        "Locator, family name, e-mail, ticket, flight number, day (2026-12-20), reference of a payment or refund; "
        "all words must fit."
    )
    path_to_booking = "booking__in"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if search_term.strip():
            queryset = queryset.filter(**{self.path_to_booking: _keys_of(search_term)})
        return queryset, False


def page_of(row: Model) -> str:
    """The desk's page of a row."""
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])  # noqa: SLF001 -- Django's documented name


def found_by(locator: str) -> str:
    """The desk's search for a booking, which opens it."""
    return reverse("admin:bookings_booking_changelist", query={"q": locator})


def find_at_once(request: HttpRequest, words: str) -> list[SearchResult]:
    """What the desk's search box finds: bookings, and flights of now and later by their number."""
    words = words.replace("\x00", "")
    found: list[SearchResult] = []
    if admin.site.get_model_admin(Booking).has_view_permission(request):
        found += (_result(row, _("Booking")) for row in find_bookings(Booking.objects.all(), words)[:PALETTE_RESULTS])
    if admin.site.get_model_admin(Flight).has_view_permission(request):
        flights = Flight.objects.filter(number=words.upper(), departs_at__gte=timezone.now() - STILL_OF_INTEREST)
        found += (_result(row, _("Flight")) for row in flights[:PALETTE_RESULTS])
    return found


def _result(row: Model, kind: str) -> SearchResult:
    return SearchResult(title=str(row), description=kind, link=page_of(row), icon="search")
