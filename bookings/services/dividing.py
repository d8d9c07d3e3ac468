"""Splitting travellers off a paid booking, into one of their own with a locator of its own.

They take along their tickets, coupons and seats, and of each charge the share that pays for them: a payment that is
part of the first one, so that money which comes back goes by the gateway and to the card that it came from. No seat is
counted anew, for nobody gets on or off.

What is locked, in this order: the booking; the cabins of its flights, so that nobody is told of a change of one while
the travellers become two bookings; its payments in primary-key order, which refunds lock too.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from airlines.services import inventory
from bookings.exceptions import NotDividable, PaymentRunning
from bookings.models import Booking, Coupon, DeskAct, Passenger, Payment, Refund, Segment
from bookings.services import events
from bookings.services.acting import Mandate
from bookings.services.cancellation import refuse_minors_alone
from bookings.services.constraints import constraint_of
from bookings.services.holds import LOCATOR_TRIES, Contact, is_being_paid
from bookings.services.telling import tell_owner
from flights_project.lib.errors import InvalidRequest
from flights_project.lib.locators import locator_from
from flights_project.lib.money import on_the_wire
from notifications.models import EventType


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who is split off, and all coupons of both sides."""

    passengers: Sequence[Passenger]
    coupons: Sequence[Coupon]
    staying: Sequence[Coupon]

    @property
    def worth(self) -> Decimal:
        """Others carry the value of an exchanged coupon."""
        return sum((each.total for each in self.coupons if each.status != Coupon.Status.EXCHANGED), Decimal())

    @property
    def seats(self) -> int:
        return sum(passenger.type != Passenger.Type.INFANT for passenger in self.passengers)


@transaction.atomic
def divide_booking(
    *, booking: Booking, passengers: Collection[int], contact: Contact, mandate: Mandate, now: datetime
) -> DeskAct:
    """Split the travellers at these positions off; infants go with their adults. Returns the act, of the booking that
    is left, with the new locator in its facts.

    Raises NotDividable where nobody would stay or go, something is open, or somebody is on the way; PaymentRunning;
    MinorsAlone where a child would be left without an adult, or go without one.
    """
    locked = Booking.objects.locked(booking.pk)
    if earlier := mandate.earlier():
        return earlier
    inventory.lock_cabins(flights=locked.segments.values_list("flight", flat=True), cabin=locked.cabin)
    _refuse_unless_quiet(locked)
    leaving = _leaving(locked, passengers)
    locked.cancellation_quotes.filter(superseded_at=None, confirmed_at=None).update(superseded_at=now)
    part = _new_booking(locked, leaving, contact, mandate.key)
    _move_travellers(leaving, part)
    _move_money(locked, part, leaving.worth)
    locked.seats -= leaving.seats
    locked.total -= leaving.worth
    locked.save(update_fields=["seats", "total"])
    _tell(locked, part, mandate, now)
    return _record(locked, part, leaving, mandate, now)


def _refuse_unless_quiet(booking: Booking) -> None:
    if booking.status != Booking.Status.CONFIRMED:
        raise NotDividable(_("Only a paid booking can be split."))
    if is_being_paid(booking):
        raise PaymentRunning
    if booking.seat_orders.open().exists():
        raise NotDividable(_("Seats of this booking wait to be paid. Split it when they are paid or have lapsed."))
    if booking.changes.open().exists():
        raise NotDividable(_("A change of this journey is not answered yet. Split the booking after that."))


def _leaving(booking: Booking, positions: Collection[int]) -> Leaving:
    chosen = Q(position__in=positions) & ~Q(type=Passenger.Type.INFANT)
    people = list(booking.passengers.filter(chosen | Q(with_adult__in=positions)).order_by("position"))
    if not people:
        raise InvalidRequest({"passengers": [_("Choose who is split off.")]})
    ids = {passenger.pk for passenger in people}
    every = list(booking.coupons.select_related("passenger", "segment").order_by("pk"))
    leaving = Leaving(
        people,
        [coupon for coupon in every if coupon.passenger_id in ids],
        [coupon for coupon in every if coupon.passenger_id not in ids],
    )
    _refuse_unless_whole(leaving)
    refuse_minors_alone(booking, leaving.coupons)
    refuse_minors_alone(booking, leaving.staying)
    return leaving


def _refuse_unless_whole(leaving: Leaving) -> None:
    if not any(coupon.is_unused for coupon in leaving.coupons):
        raise NotDividable(_("Whoever is split off has to have a flight ahead."))
    if not any(coupon.is_live for coupon in leaving.staying):
        raise NotDividable(_("Somebody with a flight ahead has to stay."))
    if any(coupon.is_live and not coupon.is_unused for coupon in (*leaving.coupons, *leaving.staying)):
        raise NotDividable(_("Somebody has checked in. A booking is split before that."))
    if any(coupon.status == Coupon.Status.CANCELLED for coupon in leaving.coupons):
        raise NotDividable(_("Whoever is split off may not have cancelled a flight: that money stays in one booking."))


def _new_booking(booking: Booking, leaving: Leaving, contact: Contact, key: UUID) -> Booking:
    """As the first, with a locator that comes from the form's key. When it was held counts for what comes back."""
    part = Booking.objects.get(pk=booking.pk)
    part.pk, part._state.adding = None, True  # noqa: SLF001 -- Django's documented way to copy a row
    part.seats, part.total = leaving.seats, leaving.worth
    part.contact_email, part.contact_phone = contact.email, contact.phone
    part.family, part.owner = booking.family, booking.owner
    for attempt in range(LOCATOR_TRIES):
        part.locator = locator_from(f"{key}{attempt}")
        try:
            with transaction.atomic():
                part.save(force_insert=True)
        except IntegrityError as error:
            if constraint_of(error) != "booking_locator_once":
                raise
        else:
            return part
    raise RuntimeError("no free record locator found")


def _move_travellers(leaving: Leaving, part: Booking) -> None:
    """Numbered from 0 in their own booking; those who stay keep the positions that programs know them by."""
    renumbered = {passenger.position: index for index, passenger in enumerate(leaving.passengers)}
    for passenger in leaving.passengers:
        passenger.booking, passenger.position = part, renumbered[passenger.position]
        lap = passenger.with_adult
        passenger.with_adult = None if lap is None else renumbered[lap]
    Passenger.objects.bulk_update(leaving.passengers, ["booking", "position", "with_adult"])
    segments = {coupon.segment_id: coupon.segment for coupon in leaving.coupons}
    copies = {pk: _copy(segment, part) for pk, segment in segments.items()}
    Segment.objects.bulk_create(copies.values())
    for coupon in leaving.coupons:
        coupon.booking, coupon.segment = part, copies[coupon.segment_id]
    Coupon.objects.bulk_update(leaving.coupons, ["booking", "segment"])


def _copy(segment: Segment, part: Booking) -> Segment:
    """What its travellers were reminded of is not said again, and delays count from the time that they agreed to."""
    return Segment(
        booking=part,
        flight_id=segment.flight_id,
        slice=segment.slice,
        position=segment.position,
        family_id=segment.family_id,
        reminder=segment.reminder,
        reminded_at=segment.reminded_at,
        sequence=segment.sequence,
        agreed_departs_at=segment.agreed_departs_at,
    )


def _move_money(booking: Booking, part: Booking, worth: Decimal) -> None:
    """Of what was paid and not given back `worth` pays for the other booking: the journey's payment first."""
    locked = booking.payments.paid().select_for_update(of=("self",), no_key=True).order_by("pk")
    for payment in sorted(locked, key=lambda payment: payment.started_at):
        owed = payment.refunds.aggregate(sum=Sum("amount", default=Decimal()))["sum"]
        share = min(worth, payment.amount - owed)
        if share:
            _share(payment, share, part)
            worth -= share
    if worth:
        raise RuntimeError(f"{booking} is worth more than was paid: {worth}")


def _share(payment: Payment, share: Decimal, part: Booking) -> None:
    given_back = payment.refunds.filter(status=Refund.Status.SUCCEEDED).aggregate(sum=Sum("amount"))["sum"]
    payment.amount -= share
    if given_back == payment.amount:
        payment.status = Payment.Status.REFUNDED
    payment.save(update_fields=["amount", "status"])
    Payment.objects.create(
        booking=part,
        part_of_id=payment.part_of_id or payment.pk,
        gateway=payment.gateway,
        amount=share,
        currency=payment.currency,
        status=Payment.Status.SUCCEEDED,
        started_at=payment.started_at,
        answered_at=payment.answered_at,
    )


def _tell(booking: Booking, part: Booking, mandate: Mandate, now: datetime) -> None:
    for own, other in ((booking, part), (part, booking)):
        tell_owner("booking_changed", own, subject=mandate.key.hex, divided=True, now=now)
        events.record(EventType.BOOKING_CHANGED, own, change="travellers", other=other.locator, now=now)


def _record(booking: Booking, part: Booking, leaving: Leaving, mandate: Mandate, now: datetime) -> DeskAct:
    """One act, which both stories tell."""
    facts = {
        "names": [str(passenger) for passenger in leaving.passengers],
        "amount": on_the_wire(leaving.worth, booking.currency),
    }
    there = Mandate(by=mandate.by, reason=mandate.reason, key=uuid4())
    there.record(DeskAct.Kind.DIVIDE, part, now=now, locator=booking.locator, came=True, **facts)
    return mandate.record(DeskAct.Kind.DIVIDE, booking, now=now, locator=part.locator, **facts)
