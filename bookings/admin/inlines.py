"""What belongs to a booking, as tables on its page."""

from collections.abc import Iterable
from decimal import Decimal

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from airlines.admin.flights import by_the_clock
from bookings.models import Booking, CancellationQuote, Coupon, Passenger, Payment, Segment, Ticket
from flights_project.gateway.desk import EMPTY, ReadOnlyInline, badge, instant
from flights_project.gateway.templatetags.flights import money

COUPON_COLOURS = {
    "held": "warning",
    "open": "success",
    "checked_in": "info",
    "boarded": "primary",
    "cancelled": "danger",
}
MONEY_COLOURS = {"started": "warning", "succeeded": "success", "failed": "danger"}


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
    fields = ["flight", "route", "departs", "arrives", "reminder", "reminded"]
    readonly_fields = ["route", "departs", "arrives", "reminder", "reminded"]
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

    @admin.display(description=gettext_lazy("kept"), ordering="penalty")
    def kept(self, coupon: Coupon) -> str:
        return money(coupon.penalty) if coupon.status == Coupon.Status.CANCELLED else EMPTY


class BookingCoupons(CouponColumns, ReadOnlyInline[Coupon, Booking]):
    model = Coupon
    fields = ["passenger", "flight", "state", "seat", "fare_paid", "taxes_paid", "total_paid", "kept"]
    readonly_fields = ["state", "fare_paid", "taxes_paid", "total_paid", "kept"]
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


class BookingQuotes(ReadOnlyInline[CancellationQuote, Booking]):
    model = CancellationQuote
    fields = ["back", "kept", "quoted", "expires", "confirmed"]
    readonly_fields = ["back", "kept", "quoted", "expires", "confirmed"]
    hide_title = True
    quoted = instant("quoted_at", gettext_lazy("quoted"))
    expires = instant("expires_at", gettext_lazy("expires"))
    confirmed = instant("confirmed_at", gettext_lazy("confirmed"))

    @admin.display(description=gettext_lazy("gives back"))
    def back(self, quote: CancellationQuote) -> str:
        return money(quote.refund)

    @admin.display(description=gettext_lazy("kept"))
    def kept(self, quote: CancellationQuote) -> str:
        return money(quote.penalty)
