"""The desk's pages for what was sold. Everything here is read; what staff do, services do."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RangeDateFilter, RangeDateTimeFilter
from unfold.dataclasses import SearchResult

from airlines.admin.filters import STILL_OF_INTEREST
from airlines.admin.flights import FlightAdmin, by_the_clock
from airlines.models import Flight
from bookings.models import Booking, Coupon, Passenger, Payment, Refund, Segment, Ticket
from bookings.services.holds import release_hold
from bookings.services.settlement import settle
from flights_project.gateway.desk import LongTableAdmin, ReadOnlyInline, badge, for_each, instant, two_lines
from flights_project.gateway.templatetags.flights import money

BOOKING_COLOURS = {"held": "warning", "confirmed": "success", "cancelled": "danger"}
COUPON_COLOURS = {
    "held": "warning",
    "open": "success",
    "checked_in": "info",
    "boarded": "primary",
    "cancelled": "danger",
}
MONEY_COLOURS = {"started": "warning", "succeeded": "success", "failed": "danger"}

TICKET_NUMBER = re.compile(r"\d{3}-?\d{10}")
FLIGHT_NUMBER = re.compile(r"[A-Z0-9]{2}[1-9]\d{0,3}[A-Z]?", re.IGNORECASE)
PALETTE_RESULTS = 5

M = TypeVar("M", bound=Model)


def find_bookings(bookings: QuerySet[Booking], words: str) -> QuerySet[Booking]:
    """The bookings that every word leads to: locator, e-mail address, ticket, flight number or family name.

    Each is looked up where it is kept, so that no search joins the large tables.
    """
    every_word = Q()
    for word in words.split():
        every_word &= _meant_by(word)
    return bookings.filter(every_word | _named(words.strip()))


def _meant_by(word: str) -> Q:
    if "@" in word:
        return Q(contact_email__iexact=word) | Q(owner__email__iexact=word)
    if TICKET_NUMBER.fullmatch(word):
        return Q(pk__in=Ticket.objects.filter(number=word.replace("-", "")).values("passenger__booking"))
    meant = Q(locator=word.upper()) | _named(word)
    if FLIGHT_NUMBER.fullmatch(word):
        meant |= Q(pk__in=Segment.objects.filter(flight__number=word.upper()).values("booking"))
    return meant


def _named(name: str) -> Q:
    return Q(pk__in=Passenger.objects.filter(family_name__istartswith=name).values("booking"))


class SoldAdmin(LongTableAdmin[M]):
    """A page of what was sold, searched by what leads to the booking."""

    search_fields = ["pk"]
    search_help_text = gettext_lazy("Locator, family name, e-mail, ticket or flight number; all words must fit.")
    path_to_booking = "booking__in"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if search_term.strip():
            found = find_bookings(Booking.objects.order_by(), search_term)
            queryset = queryset.filter(**{self.path_to_booking: found.values("pk")})
        return queryset, False


def journey(segments: Iterable[Segment]) -> str:
    """`DEL → BOM → GOI, BOM → DEL`: a comma where the traveller gets on by themselves."""
    stops: list[str] = []
    at = None
    for segment in segments:
        if segment.flight.origin_id != at:
            stops.append(", " * bool(stops) + segment.flight.origin.iata)
        at = segment.flight.destination_id
        stops.append(f" → {segment.flight.destination.iata}")
    return "".join(stops)


class BookingPassengers(ReadOnlyInline[Passenger, Booking]):
    model = Passenger
    fields = ["name", "type", "born_on", "number"]
    readonly_fields = ["name", "number"]
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Passenger]:
        return super().get_queryset(request).select_related("ticket")

    @admin.display(description=gettext_lazy("name"))
    def name(self, passenger: Passenger) -> str:
        return f"{passenger.get_title_display()} {passenger}".strip()

    @admin.display(description=gettext_lazy("ticket"))
    def number(self, passenger: Passenger) -> Ticket | None:
        return getattr(passenger, "ticket", None)


class BookingSegments(ReadOnlyInline[Segment, Booking]):
    model = Segment
    verbose_name_plural = gettext_lazy("flights")
    fields = ["flight", "route", "departs", "arrives", "reminded"]
    readonly_fields = ["route", "departs", "arrives", "reminded"]
    hide_title = True
    reminded = instant("reminded_at", gettext_lazy("reminded"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Segment]:
        return super().get_queryset(request).select_related("flight__origin", "flight__destination")

    @admin.display(description=gettext_lazy("route"))
    def route(self, segment: Segment) -> str:
        return journey([segment])

    @admin.display(description=gettext_lazy("departs"))
    def departs(self, segment: Segment) -> str:
        return by_the_clock(segment.flight.departs_at, segment.flight.origin)

    @admin.display(description=gettext_lazy("arrives"))
    def arrives(self, segment: Segment) -> str:
        return by_the_clock(segment.flight.arrives_at, segment.flight.destination)


class CouponColumns:
    """What a coupon shows in lists and on its booking's page."""

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, coupon: Coupon) -> str:
        return badge(coupon.get_status_display(), COUPON_COLOURS.get(coupon.status, ""))

    @admin.display(description=gettext_lazy("fare"), ordering="fare")
    def fare_paid(self, coupon: Coupon) -> str:
        return money(coupon.fare)

    @admin.display(description=gettext_lazy("taxes"))
    def taxes_paid(self, coupon: Coupon) -> str:
        return ", ".join(f"{tax['code']} {money(Decimal(tax['amount']))}" for tax in coupon.taxes)

    @admin.display(description=gettext_lazy("total"), ordering="total")
    def total_paid(self, coupon: Coupon) -> str:
        return money(coupon.total)


class BookingCoupons(CouponColumns, ReadOnlyInline[Coupon, Booking]):
    model = Coupon
    fields = ["passenger", "flight", "state", "seat", "fare_paid", "taxes_paid", "total_paid"]
    readonly_fields = ["state", "fare_paid", "taxes_paid", "total_paid"]
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Coupon]:
        return super().get_queryset(request).select_related("passenger", "flight", "seat")


class PaymentColumns:
    started = instant("started_at", gettext_lazy("started"))
    answered = instant("answered_at", gettext_lazy("answered"))

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, payment: Payment) -> str:
        return badge(payment.get_status_display(), MONEY_COLOURS.get(payment.status, ""))

    @admin.display(description=gettext_lazy("amount"), ordering="amount")
    def sum(self, payment: Payment) -> str:
        return money(payment.amount)


class BookingPayments(PaymentColumns, ReadOnlyInline[Payment, Booking]):
    model = Payment
    fields = ["state", "sum", "gateway", "decline_code", "started", "answered"]
    readonly_fields = ["state", "sum", "decline_code", "started", "answered"]
    hide_title = True
    show_change_link = True


@admin.register(Booking)
class BookingAdmin(SoldAdmin[Booking]):
    list_display = ["locator", "state", "journey", "departs", "travellers", "price", "owner", "held"]
    list_filter = [
        ("status", ChoicesCheckboxFilter),
        ("held_at", RangeDateTimeFilter),
        ("cabin", ChoicesCheckboxFilter),
    ]
    list_select_related = ["owner"]
    path_to_booking = "pk__in"
    inlines = [BookingPassengers, BookingSegments, BookingCoupons, BookingPayments]
    actions = ["release", "ask_gateway"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("locator", "state", "price"),
                    ("contact_email", "contact_phone", "owner"),
                    ("cabin", "family", "refunds"),
                    ("held", "guaranteed", "required"),
                    ("confirmed", "ended"),
                ]
            },
        ),
    ]
    held = instant("held_at", gettext_lazy("held"))
    confirmed = instant("confirmed_at", gettext_lazy("confirmed"))
    ended = instant("ended_at", gettext_lazy("expired or cancelled"))
    guaranteed = instant("price_guaranteed_until", gettext_lazy("price guaranteed until"))
    required = instant("payment_required_by", gettext_lazy("payment required by"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booking]:
        bookings = super().get_queryset(request).select_related("owner", "family")
        return bookings.prefetch_related("passengers", "segments__flight__origin", "segments__flight__destination")

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, booking: Booking) -> str:
        return badge(booking.get_status_display(), BOOKING_COLOURS.get(booking.status, ""))

    @admin.display(description=gettext_lazy("journey"))
    def journey(self, booking: Booking) -> str:
        return two_lines(journey(booking.segments.all()), "")

    @admin.display(description=gettext_lazy("departs"))
    def departs(self, booking: Booking) -> str:
        flight = booking.segments.all()[0].flight
        return by_the_clock(flight.departs_at, flight.origin)

    @admin.display(description=gettext_lazy("travellers"))
    def travellers(self, booking: Booking) -> str:
        first, *others = booking.passengers.all()
        return two_lines(f"{first} + {len(others)}" if others else first, booking.contact_email)

    @admin.display(description=gettext_lazy("total"), ordering="total")
    def price(self, booking: Booking) -> str:
        return money(booking.total)

    @admin.display(description=gettext_lazy("refunds"))
    def refunds(self, booking: Booking) -> str:
        rows = Refund.objects.filter(payment__booking=booking)
        lines = ((money(row.amount), row.get_reason_display(), row.get_status_display()) for row in rows)
        return format_html_join("", "<div>{}, {}: {}</div>", lines)

    @admin.action(description=gettext_lazy("Let the selected holds go"), permissions=["act"])
    def release(self, request: HttpRequest, chosen: QuerySet[Booking]) -> None:
        now = timezone.now()
        for_each(
            request, chosen, lambda hold: release_hold(booking=hold, now=now), done=_("%(count)d holds were let go.")
        )

    @admin.action(description=gettext_lazy("Ask the gateway about running payments"), permissions=["act"])
    def ask_gateway(self, request: HttpRequest, chosen: QuerySet[Booking]) -> None:
        ask_about(request, Payment.objects.filter(booking__in=chosen.values("pk")))


def ask_about(request: HttpRequest, payments: QuerySet[Payment]) -> None:
    """Ask the gateways what became of those of `payments` that still wait for their answer."""
    running = list(payments.filter(status=Payment.Status.STARTED).select_related("booking"))
    if not running:
        messages.info(request, _("No payment is running there."))
    now = timezone.now()
    for_each(
        request,
        running,
        lambda payment: settle(payment=payment, now=now),
        done=_("%(count)d running payments were asked about."),
    )


@admin.register(Payment)
class PaymentAdmin(PaymentColumns, SoldAdmin[Payment]):
    list_display = ["booking", "state", "sum", "gateway", "decline_code", "started", "answered", "times_asked"]
    list_filter = [("status", ChoicesCheckboxFilter), ("started_at", RangeDateTimeFilter)]
    list_select_related = ["booking"]
    actions = ["ask_gateway"]
    fields = ["booking", ("state", "sum"), ("gateway", "reference"), "decline_code", ("started", "answered"), "again"]
    readonly_fields = ["reference", "decline_code", "again"]
    again = instant("ask_again_at", gettext_lazy("asked again"))

    @admin.action(description=gettext_lazy("Ask the gateway about running payments"), permissions=["act"])
    def ask_gateway(self, request: HttpRequest, chosen: QuerySet[Payment]) -> None:
        ask_about(request, chosen)


@admin.register(Refund)
class RefundAdmin(SoldAdmin[Refund]):
    list_display = ["booking", "state", "sum", "reason", "started", "paid", "times_tried"]
    list_filter = [("status", ChoicesCheckboxFilter), ("started_at", RangeDateTimeFilter)]
    list_select_related = ["payment__booking"]
    path_to_booking = "payment__booking__in"
    fields = ["payment", ("state", "sum"), "reason", ("started", "paid"), "times_tried"]
    started = instant("started_at", gettext_lazy("started"))
    paid = instant("paid_at", gettext_lazy("paid"))

    @admin.display(description=gettext_lazy("booking"))
    def booking(self, refund: Refund) -> str:
        return refund.payment.booking.locator

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, refund: Refund) -> str:
        return badge(refund.get_status_display(), MONEY_COLOURS.get(refund.status, ""))

    @admin.display(description=gettext_lazy("amount"), ordering="amount")
    def sum(self, refund: Refund) -> str:
        return money(refund.amount)


@admin.register(Ticket)
class TicketAdmin(SoldAdmin[Ticket]):
    list_display = ["printed", "passenger", "booking", "issued"]
    list_filter = [("issued_at", RangeDateTimeFilter)]
    list_select_related = ["passenger__booking"]
    ordering = ["-number"]
    path_to_booking = "passenger__booking__in"
    fields = ["printed", "check_digit", "passenger", "booking", "issued"]
    issued = instant("issued_at", gettext_lazy("issued"))

    @admin.display(description=gettext_lazy("number"), ordering="number")
    def printed(self, ticket: Ticket) -> str:
        return str(ticket)

    @admin.display(description=gettext_lazy("booking"))
    def booking(self, ticket: Ticket) -> str:
        booking = ticket.passenger.booking
        return format_html('<a href="{}" class="text-link">{}</a>', page_of(booking), booking)


@admin.register(Coupon)
class CouponAdmin(CouponColumns, SoldAdmin[Coupon]):
    """Who is on which flight."""

    list_display = ["passenger", "booking", "flight", "state", "seat", "total_paid"]
    list_filter = [("status", ChoicesCheckboxFilter), ("flight__departs_on", RangeDateFilter)]
    list_select_related = ["passenger", "booking", "flight", "seat"]
    ordering = ["-pk"]
    fields = ["passenger", "booking", "flight", ("state", "seat"), ("fare_paid", "taxes_paid"), "total_paid"]


admin.site.unregister(Flight)


@admin.register(Flight)
class BookedFlightAdmin(FlightAdmin):
    """The flight's page, with the way to its travellers."""

    more: ClassVar = ["travellers"]

    @admin.display(description=gettext_lazy("travellers"))
    def travellers(self, flight: Flight) -> str:
        count = Coupon.objects.filter(flight=flight, status__in=Coupon.LIVE).count()
        query = f"?flight__id__exact={flight.pk}"
        url = reverse("admin:bookings_coupon_changelist") + query
        return format_html(
            '<a href="{}" class="text-link">{}</a>', url, _("%(count)d on this flight") % {"count": count}
        )


def page_of(row: Model) -> str:
    """The desk's page of a row."""
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])  # noqa: SLF001 -- Django's documented name


def find_at_once(request: HttpRequest, words: str) -> list[SearchResult]:
    """What the desk's search box finds: bookings, and flights of now and later by their number."""
    found: list[SearchResult] = []
    if admin.site.get_model_admin(Booking).has_view_permission(request):
        found += (_result(row, _("Booking")) for row in find_bookings(Booking.objects.all(), words)[:PALETTE_RESULTS])
    if admin.site.get_model_admin(Flight).has_view_permission(request):
        flights = Flight.objects.filter(number=words.upper(), departs_at__gte=timezone.now() - STILL_OF_INTEREST)
        found += (_result(row, _("Flight")) for row in flights[:PALETTE_RESULTS])
    return found


def _result(row: Model, kind: str) -> SearchResult:
    return SearchResult(title=str(row), description=kind, link=page_of(row), icon="search")
