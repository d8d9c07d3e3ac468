"""Cancelling what was sold: a quote that expires, then its confirmation.

A whole booking, some of its travellers, some of its slices, or both. Confirming locks the booking, then the cabins of
its flights, so that the airline cancels none of them while money is kept for it; gives the seats back, marks the
coupons with what was kept of them, and writes one refund that is paid afterwards.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from airlines.models import Flight, FlightCabin
from airlines.services import inventory
from bookings.exceptions import MinorsAlone, NotCancellable, QuoteExpired, QuoteOutdated
from bookings.models import Booking, CancellationQuote, Coupon, ItineraryChange, Passenger, Refund
from bookings.querysets import CouponQuerySet
from bookings.services import events
from bookings.services.itinerary_changes import close_answered
from bookings.services.journeys import coupon_price
from bookings.services.refund_rules import CouponRefund, in_all, refund_coupon, refund_share
from bookings.services.refunds import give_back
from bookings.services.relief import relieve
from bookings.services.telling import tell_owner
from flights_project.gateway.models import User
from flights_project.lib.errors import InvalidRequest
from notifications.models import EventType


@transaction.atomic
def quote_cancellation(
    *,
    booking: Booking,
    now: datetime,
    passengers: Collection[int] | None = None,
    slices: Collection[int] | None = None,
) -> CancellationQuote:
    """What cancelling would give back, good for `CANCELLATION_QUOTE_LIFETIME`.

    `passengers` and `slices` are positions from 0; None means all. An infant goes with its adult. Raises
    InvalidRequest for positions that the booking does not have, NotCancellable where nothing of what is named can be
    cancelled, MinorsAlone where a child would be left without an adult.
    """
    locked = Booking.objects.locked(booking.pk)
    _refuse_unknown(locked, passengers or (), slices or ())
    coupons = _chosen_coupons(locked, passengers, slices, now)
    if not coupons:
        raise NotCancellable
    refuse_minors_alone(locked, coupons)
    total = in_all(list(_refunds(locked, coupons, now).values()))
    locked.cancellation_quotes.filter(superseded_at=None, confirmed_at=None).update(superseded_at=now)
    quote = CancellationQuote.objects.create(
        booking=locked,
        refund=total.refund,
        penalty=total.penalty,
        quoted_at=now,
        expires_at=now + settings.CANCELLATION_QUOTE_LIFETIME,
    )
    quote.coupons.set(coupons)
    return quote


@transaction.atomic
def confirm_cancellation(
    *, booking: Booking, quote_id: UUID, now: datetime, by: User | None = None
) -> CancellationQuote:
    """Cancel what the quote names and send the refund on its way; confirming twice is confirming once.

    It answers what the airline had changed of these flights, `by` whom who does it, else by the owner.

    Raises QuoteExpired, QuoteOutdated where a newer quote was made or the coupons have changed, and
    CancellationQuote.DoesNotExist where the booking has no such quote.
    """
    locked = Booking.objects.locked(booking.pk)
    quote = locked.cancellation_quotes.get(pk=quote_id)
    if quote.confirmed_at is not None:
        return quote
    if quote.superseded_at is not None:
        raise QuoteOutdated
    if now >= quote.expires_at:
        raise QuoteExpired
    cabins = inventory.lock_cabins(flights=locked.segments.values_list("flight", flat=True), cabin=locked.cabin)
    coupons = _open_coupons(locked, now).filter(pk__in=quote.coupons.values("pk"))
    refunds = _refunds(locked, list(coupons), now)
    if len(refunds) != quote.coupons.count() or in_all(list(refunds.values())).refund != quote.refund:
        raise QuoteOutdated
    _return_seats(cabins, refunds)
    _cancel(quote, refunds, by or locked.owner, now)
    quote.confirmed_at = now
    quote.save(update_fields=["confirmed_at"])
    return quote


def worth_of_all(*, booking: Booking, now: datetime) -> Decimal:
    """What cancelling everything that can be cancelled would give back now; nothing is written."""
    return in_all(list(_refunds(booking, list(_open_coupons(booking, now)), now).values())).refund


def _open_coupons(booking: Booking, now: datetime) -> CouponQuerySet:
    return Coupon.objects.filter(booking=booking).unused(now).select_related("passenger", "segment", "flight")


def _refuse_unknown(booking: Booking, passengers: Collection[int], slices: Collection[int]) -> None:
    """What is not there is never left out in silence: a quote is for all that was named."""
    known = {
        "passengers": set(booking.passengers.values_list("position", flat=True)),
        "slices": set(booking.segments.values_list("slice", flat=True)),
    }
    unknown = {"passengers": set(passengers) - known["passengers"], "slices": set(slices) - known["slices"]}
    errors = {
        field: [_("This booking has no position %(position)d.") % {"position": position} for position in sorted(each)]
        for field, each in unknown.items()
        if each
    }
    if errors:
        raise InvalidRequest(errors)


def _chosen_coupons(
    booking: Booking, passengers: Collection[int] | None, slices: Collection[int] | None, now: datetime
) -> list[Coupon]:
    coupons = _open_coupons(booking, now)
    if passengers is not None:
        people = booking.passengers.filter(position__in=passengers) | booking.passengers.filter(
            with_adult__in=passengers
        )
        coupons = coupons.filter(passenger__in=people)
    if slices is not None:
        coupons = coupons.filter(segment__slice__in=slices)
    return list(coupons)


def refuse_minors_alone(booking: Booking, leaving: Sequence[Coupon]) -> None:
    """Without these coupons, children and infants who stay on a flight have an adult there. Raises MinorsAlone."""
    remaining = Coupon.objects.filter(booking=booking).live().exclude(pk__in=[coupon.pk for coupon in leaving])
    adults, minors = Counter[int](), Counter[int]()
    for flight, kind in remaining.values_list("flight", "passenger__type"):
        (adults if kind == Passenger.Type.ADULT else minors)[flight] += 1
    if any(flight not in adults for flight in minors):
        raise MinorsAlone


def _refunds(booking: Booking, coupons: Sequence[Coupon], now: datetime) -> dict[Coupon, CouponRefund]:
    changed = _changed_by_airline(booking)
    first_departure = booking.segments.order_by("position").values_list("flight__departs_at", flat=True)[0]
    return {
        coupon: refund_coupon(
            coupon_price(coupon),
            share=refund_share(
                refund_percent=booking.family.refund_percent,
                booked_at=booking.held_at,
                first_departure=first_departure,
                now=now,
                changed_by_airline=changed,
            ),
            currency=booking.currency,
        )
        for coupon in coupons
    }


def _changed_by_airline(booking: Booking) -> bool:
    """Whether a flight was cancelled, or changed so that its travellers may choose, and they have not chosen yet."""
    grounded = Coupon.objects.filter(booking=booking, flight__status=Flight.Status.CANCELLED).live()
    return grounded.exists() or booking.changes.open().exists()


def _cancel(quote: CancellationQuote, refunds: dict[Coupon, CouponRefund], by: User, now: datetime) -> None:
    booking = quote.booking
    reason = _reason(booking, by)
    for coupon, kept in refunds.items():
        coupon.status, coupon.penalty = Coupon.Status.CANCELLED, kept.penalty
    Coupon.objects.bulk_update(refunds, ["status", "penalty"])
    if not booking.coupons.exclude(status__in=Coupon.ENDED).exists():
        booking.status, booking.ended_at = Booking.Status.CANCELLED, now
        booking.save(update_fields=["status", "ended_at"])
    total = in_all(list(refunds.values())).refund
    give_back(booking=booking, total=total, reason=reason, now=now)
    close_answered(booking=booking, status=ItineraryChange.Status.REFUNDED, by=by, now=now)
    relieve(flights={coupon.flight_id for coupon in refunds}, cabin=booking.cabin, now=now)
    amount = {"amount": str(total), "currency": booking.currency}
    events.record(EventType.BOOKING_CANCELLED, booking, refund=amount, now=now)
    tell_owner(
        "booking_cancelled",
        booking,
        subject=str(quote.pk),
        refund=amount,
        cancelled=[f"{coupon.passenger}, {coupon.flight.number}" for coupon in refunds],
        whole=booking.status == Booking.Status.CANCELLED,
        now=now,
    )


def _reason(booking: Booking, by: User) -> Refund.Reason:
    """Why money goes back of what is about to be cancelled: whose doing it is."""
    if _changed_by_airline(booking):
        return Refund.Reason.FLIGHT_CHANGED
    return Refund.Reason.CANCELLED if by == booking.owner else Refund.Reason.CANCELLED_AT_DESK


def _return_seats(cabins: Iterable[FlightCabin], coupons: Collection[Coupon]) -> None:
    """Infants have no seat to give back."""
    seats = Counter(coupon.flight_id for coupon in coupons if coupon.passenger.type != Passenger.Type.INFANT)
    for cabin in cabins:
        if seats[cabin.flight_id]:
            inventory.return_sold_seats(cabins=[cabin], seats=seats[cabin.flight_id])
