"""Questions about what was sold, as phrases."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import Count, Q

from airlines.models import FareFamily, Flight
from airlines.models.reading import FLIGHT_WITH_PLACES, JOIN_PLACES, flight_with_places
from bookings.states import (
    LIVE,
    UNFLOWN,
    BookingStatus,
    ChangeStatus,
    CouponStatus,
    PaymentStatus,
    RefundStatus,
    SeatOrderStatus,
)
from flights_project.gateway.models import User
from flights_project.lib import clock
from flights_project.lib.statements import columns, fetch, instance, instances, width

if TYPE_CHECKING:
    from bookings.models import (  # noqa: F401 -- the querysets' parameters
        Booking,
        Coupon,
        ItineraryChange,
        OrderedSeat,
        Payment,
        SeatOrder,
        Segment,
    )


class BookingQuerySet(models.QuerySet["Booking"]):
    def locked(self, pk: int) -> "Booking":
        """The booking with its fare family and owner, locked until the transaction ends."""
        return self._one("booking.id = %s FOR NO KEY UPDATE OF booking", [pk])

    def of(self, owner: User) -> Self:
        """Somebody's own bookings: the only ones that they may know of."""
        return self.filter(owner=owner)

    def own(self, owner: User, locator: str) -> "Booking":
        """The booking of `owner` with this locator, in any case as people type it, with its family and owner."""
        return self._one("booking.owner_id = %s AND booking.locator = %s", [owner.pk, locator.upper()])

    def _one(self, which: str, parameters: Sequence[object]) -> "Booking":
        """By hand, for whoever pays waits for it. Raises Booking.DoesNotExist."""
        models = (self.model, FareFamily, User)
        rows = fetch(
            f"SELECT {columns(self.model, 'booking')}, {columns(FareFamily, 'family')}, {columns(User, 'owner')} "  # noqa: S608
            "FROM bookings_booking booking JOIN airlines_farefamily family ON family.id = booking.family_id "
            f"JOIN gateway_user owner ON owner.id = booking.owner_id WHERE {which}",
            parameters,
        )
        if not rows:
            raise self.model.DoesNotExist
        booking, booking.family, booking.owner = instances(models, rows[0])
        found: Booking = booking
        return found

    def held(self) -> Self:
        return self.filter(status=BookingStatus.HELD)

    def on_flights(self, flights: Sequence[int]) -> Self:
        """Bookings of a journey that has one of these flights, by their ids."""
        return self.filter(segments__flight__in=flights).distinct()

    def counts_against_limits(self, now: datetime) -> tuple[int, int]:
        """How many live or flown bookings were made in the calendar quarter of `now`, and how many holds are open."""
        counted = (BookingStatus.HELD, BookingStatus.CONFIRMED)
        quarter = Count("pk", filter=Q(status__in=counted, held_at__gte=clock.quarter_start(now)))
        counts = self.aggregate(in_quarter=quarter, held=Count("pk", filter=Q(status=BookingStatus.HELD)))
        return counts["in_quarter"], counts["held"]

    def overdue(self, now: datetime) -> Self:
        """Holds whose time to pay is over or whose flight is cancelled, and for which no payment runs."""
        held = self.model.objects.held()
        grounded = held.filter(segments__flight__status=Flight.Status.CANCELLED).values("pk")
        is_over = Q(payment_required_by__lte=now) | Q(pk__in=grounded)
        return self.held().filter(is_over).exclude(payments__status=PaymentStatus.STARTED)

    def unfinished(self, now: datetime) -> Self:
        """With something still to come: time to pay, an answer of a bank, money to give back, or a flight."""
        return self.filter(
            Q(status=BookingStatus.HELD)
            | Q(payments__status=PaymentStatus.STARTED)
            | Q(payments__refunds__status=RefundStatus.STARTED)
            | Q(coupons__status__in=UNFLOWN, segments__flight__departs_at__gt=now)
        ).distinct()

    def with_journey(self) -> Self:
        """With everything that a booking is shown with, in a number of queries that does not grow."""
        return self.select_related("family").prefetch_related(
            "passengers__ticket",
            "segments__family",
            "segments__flight__origin__city",
            "segments__flight__destination__city",
            "coupons__seat",
            "payments__refunds",
            "seat_orders__seats__seat",
            "changes__flight",
        )


class PaymentQuerySet(models.QuerySet["Payment"]):
    def started(self, pk: UUID) -> Self:
        """This payment, if it still waits for its answer: what guarded updates start from."""
        return self.filter(pk=pk, status=PaymentStatus.STARTED)

    def paid(self) -> Self:
        """Money was taken and not all of it went back."""
        return self.filter(status__in=(PaymentStatus.SUCCEEDED, PaymentStatus.PARTLY_REFUNDED))

    def running(self, booking: "Booking") -> "Payment | None":
        """The payment of a booking that waits for its answer."""
        rows = fetch(
            f"SELECT {columns(self.model, 'payment')} FROM bookings_payment payment "  # noqa: S608
            "WHERE booking_id = %s AND status = %s",
            [booking.pk, PaymentStatus.STARTED],
        )
        return instance(self.model, rows[0]) if rows else None

    def to_settle(self, now: datetime) -> Self:
        """Started payments whose gateway is to be asked again by now."""
        return self.filter(status=PaymentStatus.STARTED, ask_again_at__lte=now)


class SeatOrderQuerySet(models.QuerySet["SeatOrder"]):
    def open(self) -> Self:
        """Not paid so far: its seats are kept."""
        return self.filter(status=SeatOrderStatus.OPEN)


class OrderedSeatQuerySet(models.QuerySet["OrderedSeat"]):
    def kept(self) -> Self:
        """Seats that nobody else can choose while their order is open."""
        return self.filter(released_at=None, seat__isnull=False)


class SegmentQuerySet(models.QuerySet["Segment"]):
    def journey(self, booking: "Booking") -> "list[Segment]":
        """The segments of a booking in order of travel, each with its flight and places."""
        rows = fetch(
            f"SELECT {columns(self.model, 'segment')}, {FLIGHT_WITH_PLACES} FROM bookings_segment segment "  # noqa: S608
            f"JOIN airlines_flight flight ON flight.id = segment.flight_id {JOIN_PLACES} "
            "WHERE segment.booking_id = %s ORDER BY segment.position",
            [booking.pk],
        )
        return [self._with_flight(row) for row in rows]

    def _with_flight(self, row: Sequence[object]) -> "Segment":
        at = width(self.model)
        segment = instance(self.model, row[:at])
        segment.flight = flight_with_places(row[at:])
        return segment

    def to_remind(self, *, now: datetime, before: Mapping[int, timedelta]) -> Self:
        """Flights of confirmed bookings that will leave, whose travellers were not told of a reminder that has come.

        `before` says how long before departure each reminder comes, the first one first.
        """
        come = Q()
        for reminder, span in before.items():
            come |= Q(reminder__lt=reminder, flight__departs_at__lte=now + span)
        return self.filter(
            come,
            booking__status=BookingStatus.CONFIRMED,
            flight__departs_at__gt=now,
            flight__departs_at__lte=now + max(before.values()),
            flight__status__in=Flight.FOR_SALE,
        )


class CouponQuerySet(models.QuerySet["Coupon"]):
    def live(self) -> Self:
        """Held or sold, and not yet flown: who has a seat."""
        return self.filter(status__in=LIVE)

    def unused(self, now: datetime) -> Self:
        """Sold, not checked in, on flights that have not left: what can be cancelled."""
        return (
            self.filter(status=CouponStatus.OPEN)
            .exclude(flight__status__in=(Flight.Status.DEPARTED, Flight.Status.LANDED))
            .filter(Q(flight__departs_at__gt=now) | Q(flight__status=Flight.Status.CANCELLED))
        )


class ItineraryChangeQuerySet(models.QuerySet["ItineraryChange"]):
    def open(self) -> Self:
        """Not answered so far."""
        return self.filter(status=ChangeStatus.OPEN)

    def locked(self) -> Self:
        """These rows, locked in primary-key order until the transaction ends: of two who write many of them, one waits
        and neither for ever."""
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)

    def to_carry_out(self) -> Self:
        """Accepted by staff for their travellers, and not done yet."""
        return self.open().filter(ordered_at__isnull=False)
