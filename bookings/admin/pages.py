from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RangeDateFilter

from airlines.admin.flights import FlightAdmin, by_the_clock
from airlines.models import Flight
from bookings.admin.acting import Acting
from bookings.admin.finding import SoldAdmin, page_of
from bookings.admin.holding import DeskSales
from bookings.admin.inlines import (
    MONEY_COLOURS,
    BookingCoupons,
    BookingPassengers,
    BookingPayments,
    BookingQuotes,
    BookingSegments,
    CouponColumns,
    PaymentColumns,
    journey,
)
from bookings.admin.irregular_days import CALL_OFF, OPERATE, IrregularDays
from bookings.admin.manifests import Manifests
from bookings.admin.overbooking import OverbookingPages
from bookings.admin.rebooking import Rebooking
from bookings.admin.revenue import RevenuePages
from bookings.models import Booking, Coupon, Payment, Refund, Ticket
from bookings.services.holds import release_hold
from bookings.services.seat_reports import explain_seats
from bookings.services.settlement import settle
from flights_project.gateway.desk import ReasonForm, badge, for_each, instant, two_lines
from flights_project.gateway.desk_filters import InstantRangeFilter
from flights_project.gateway.desk_history import history_of
from flights_project.gateway.templatetags.flights import money

BOOKING_COLOURS = {"held": "warning", "confirmed": "success", "cancelled": "danger"}


@admin.register(Booking)
class BookingAdmin(Acting, DeskSales, SoldAdmin[Booking]):
    change_form_outer_before_template = "desk/story.html"
    list_display = ["locator", "state", "journey", "departs", "travellers", "price", "held"]
    list_filter = [
        ("status", ChoicesCheckboxFilter),
        ("held_at", InstantRangeFilter),
        ("cabin", ChoicesCheckboxFilter),
    ]
    sortable_by = ["locator", "price", "held"]
    path_to_booking = "pk__in"
    inlines = [
        BookingPassengers,
        BookingSegments,
        BookingCoupons,
        BookingPayments,
        BookingQuotes,
        history_of(Booking, "status", "total"),
    ]
    actions = ["release", "ask_gateway"]
    needs_reason = ("release",)
    action_form = ReasonForm
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("locator", "state", "price"),
                    ("contact_email", "contact_phone", "owner"),
                    ("cabin", "family"),
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
    def departs(self, booking: Booking) -> str | None:
        flights = [segment.flight for segment in booking.segments.all()]
        return by_the_clock(flights[0].departs_at, flights[0].origin) if flights else None

    @admin.display(description=gettext_lazy("travellers"))
    def travellers(self, booking: Booking) -> str:
        names = [str(passenger) for passenger in booking.passengers.all()]
        others = f" + {len(names) - 1}" if len(names) > 1 else ""
        return two_lines("".join(names[:1]) + others, booking.contact_email)

    @admin.display(description=gettext_lazy("total"), ordering="total")
    def price(self, booking: Booking) -> str:
        return money(booking.total)

    @admin.action(description=gettext_lazy("Let the selected holds go"), permissions=["act"])
    def release(self, request: HttpRequest, chosen: QuerySet[Booking]) -> None:
        now = timezone.now()
        for_each(
            request,
            chosen,
            lambda hold: release_hold(booking=hold, now=now),
            done=ngettext_lazy("%(count)d hold was let go.", "%(count)d holds were let go.", "count"),
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
        done=ngettext_lazy(
            "%(count)d running payment was asked about.", "%(count)d running payments were asked about.", "count"
        ),
    )


@admin.register(Payment)
class PaymentAdmin(PaymentColumns, SoldAdmin[Payment]):
    list_display = ["booking", "state", "sum", "gateway", "decline_code", "started", "answered", "times_asked"]
    list_filter = [("status", ChoicesCheckboxFilter), ("started_at", InstantRangeFilter)]
    list_select_related = ["booking"]
    sortable_by = ["started"]
    inlines = [history_of(Payment, "status")]
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
    list_filter = [("status", ChoicesCheckboxFilter), ("started_at", InstantRangeFilter)]
    list_select_related = ["payment__booking"]
    sortable_by = ["started"]
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
    list_filter = [("issued_at", InstantRangeFilter)]
    list_select_related = ["passenger__booking"]
    ordering = ["-number"]
    sortable_by = ["printed"]
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
    sortable_by = ()
    fields = ["passenger", "booking", "flight", ("state", "seat"), ("fare_paid", "taxes_paid"), ("total_paid", "kept")]

    def get_ordering(self, request: HttpRequest) -> Any:
        """Of some days flight by flight; without one, the newest. The newest of a long past day would be looked for
        among all that are newer."""
        chosen = any(value and name.startswith("flight__departs_on") for name, value in request.GET.items())
        return ["flight__departs_at", "flight_id", "pk"] if chosen else super().get_ordering(request)


admin.site.unregister(Flight)


@admin.register(Flight)
class BookedFlightAdmin(Rebooking, OverbookingPages, IrregularDays, RevenuePages, Manifests, FlightAdmin):
    """The flight's page, with the way to its travellers and to what they have to be told."""

    more: ClassVar = (
        {
            "travellers": ["bookings.view_coupon"],
            "seat_by_seat": ["airlines.view_flight"],
            "manifest": ["bookings.manifest_report"],
        },
        {"irregular_day": [OPERATE]},
        {"calling_off": [CALL_OFF]},
        {
            "overbooking": ["bookings.view_coupon", "airlines.change_flightfare"],
            "earnings": ["bookings.revenue_report"],
            "prices_explained": ["airlines.view_flightfare"],
        },
    )

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.seats_page)
        return [path("<int:pk>/seats/", page, name="bookings_flight_seats"), *super().get_urls()]

    def seats_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Why each seat is or isn't available."""
        flight = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, flight):
            raise PermissionDenied
        context = self.admin_site.each_context(request)
        reports = explain_seats(flight)
        context |= {"title": _("Seat by seat"), "flight": flight, "reports": reports, "opts": self.opts}
        return TemplateResponse(request, "desk/flight_seats.html", context)

    @admin.display(description=gettext_lazy("seats"))
    def seat_by_seat(self, flight: Flight) -> str:
        url = reverse("admin:bookings_flight_seats", args=[flight.pk])
        return format_html('<a href="{}" class="text-link">{}</a>', url, _("Why each is or isn’t available"))

    @admin.display(description=gettext_lazy("travellers"))
    def travellers(self, flight: Flight) -> str:
        count = Coupon.objects.filter(flight=flight, status__in=Coupon.LIVE).count()
        query = f"?flight__id__exact={flight.pk}"
        url = reverse("admin:bookings_coupon_changelist") + query
        return format_html(
            '<a href="{}" class="text-link">{}</a>', url, _("%(count)d on this flight") % {"count": count}
        )
