"""What a gateway answered becomes the truth of a booking, exactly once, whenever and from wherever it comes."""

from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F

from airlines.exceptions import NotOnSale, SeatsGone
from airlines.models import Flight, FlightCabin
from airlines.services import inventory
from bookings.gateways import Charge, ChargeStatus, GatewayUnreachable, gateway_named
from bookings.models import Booking, Coupon, Payment, Refund
from bookings.services.constraints import constraint_of
from bookings.services.rounds import count_done
from bookings.services.telling import tell_owner
from bookings.services.ticketing import issue_tickets

log = structlog.get_logger(__name__)

GATEWAY_ANSWERS_WITHIN = timedelta(seconds=30)
"""A web worker waits no longer for a gateway; after this only the settling task asks."""
UNKNOWN_IS_FAILED_AFTER = timedelta(minutes=2)
"""A charge that the gateway has never heard of by then never reached it."""
ASK_AGAIN_AT_MOST = timedelta(minutes=5)
BATCH = 200


def settle(*, payment: Payment, now: datetime) -> Payment:
    """Ask the gateway what became of a started payment and record it; an answered payment stays as it is."""
    if payment.status != Payment.Status.STARTED:
        return payment
    delay = min(GATEWAY_ANSWERS_WITHIN * 2 ** min(payment.times_asked, 6), ASK_AGAIN_AT_MOST)
    Payment.objects.filter(pk=payment.pk).update(ask_again_at=now + delay, times_asked=F("times_asked") + 1)
    try:
        charge = gateway_named(payment.gateway).ask(key=payment.pk, now=now)
    except GatewayUnreachable:
        return payment
    if charge.status == ChargeStatus.UNKNOWN and now >= payment.started_at + UNKNOWN_IS_FAILED_AFTER:
        charge = Charge(status=ChargeStatus.DECLINED, decline_code="never_received")
    return record_answer(payment=payment, charge=charge, now=now)


def settle_due(*, now: datetime) -> int:
    """Ask about every started payment whose time has come; returns how many have their answer now."""
    due = list(Payment.objects.to_settle(now).order_by("ask_again_at")[:BATCH])

    def ask(payment: Payment) -> bool:
        return settle(payment=payment, now=now).status != Payment.Status.STARTED

    return count_done(ask, due)


def record_answer(*, payment: Payment, charge: Charge, now: datetime) -> Payment:
    """Write what the gateway said, once: whoever comes second with the same answer changes nothing."""
    match charge.status:
        case ChargeStatus.SUCCEEDED:
            _succeed(payment, charge, now)
        case ChargeStatus.DECLINED:
            _fail(payment, charge, now)
        case ChargeStatus.PENDING:
            Payment.objects.started(payment.pk).update(challenge_url=charge.challenge_url)
    return Payment.objects.select_related("booking__family").get(pk=payment.pk)


@transaction.atomic
def _succeed(payment: Payment, charge: Charge, now: datetime) -> None:
    booking = Booking.objects.locked(payment.booking_id)
    answered = Payment.objects.started(payment.pk).update(
        status=Payment.Status.SUCCEEDED, reference=charge.reference, answered_at=now, challenge_url=""
    )
    if not answered:
        return
    if booking.status == Booking.Status.HELD:
        inventory.sell_held_seats(cabins=_lock_cabins(booking), seats=booking.seats)
        _confirm(booking, now)
    elif not _retake(booking, now):
        _refund_in_full(booking, payment, now)


def _lock_cabins(booking: Booking) -> list[FlightCabin]:
    flights = list(booking.segments.values_list("flight_id", flat=True))
    return inventory.lock_cabins(flights=flights, cabin=booking.cabin)


def _confirm(booking: Booking, now: datetime) -> None:
    """Coupons open, tickets issued, the owner told. The booking is locked and its seats are sold."""
    booking.coupons.update(status=Coupon.Status.OPEN)
    booking.status, booking.confirmed_at, booking.ended_at = Booking.Status.CONFIRMED, now, None
    booking.save(update_fields=["status", "confirmed_at", "ended_at"])
    passengers = issue_tickets(booking=booking, now=now)
    tell_owner("booking_confirmed", booking, passengers=passengers, now=now)
    log.info("booking_confirmed", booking=booking.locator)


def _retake(booking: Booking, now: datetime) -> bool:
    """Paid after the hold has gone: take the same seats at the promised price where they are free."""
    try:
        with transaction.atomic():
            cabins = _lock_cabins(booking)
            _refuse_unless_flying(booking, now)
            inventory.hold_seats(cabins=cabins, seats=booking.seats)
            inventory.sell_held_seats(cabins=cabins, seats=booking.seats)
            _confirm(booking, now)
    except (SeatsGone, NotOnSale):
        return False
    except IntegrityError as error:
        if constraint_of(error) != "nobody_twice_on_a_flight":  # booked again in the meantime
            raise
        return False
    return True


def _refuse_unless_flying(booking: Booking, now: datetime) -> None:
    flights = Flight.objects.filter(segments__booking=booking)
    if any(flight.status not in Flight.FOR_SALE or flight.departs_at <= now for flight in flights):
        raise NotOnSale


def _refund_in_full(booking: Booking, payment: Payment, now: datetime) -> None:
    """The seats are somebody else's: everything goes back, by the task that pays refunds."""
    Refund.objects.create(payment=payment, amount=payment.amount, reason=Refund.Reason.SEATS_GONE, started_at=now)
    tell_owner("payment_refunded", booking, subject=str(payment.pk), now=now)
    log.warning("paid_after_seats_gone", booking=booking.locator, payment=str(payment.pk))


@transaction.atomic
def _fail(payment: Payment, charge: Charge, now: datetime) -> None:
    failed = Payment.objects.started(payment.pk).update(
        status=Payment.Status.FAILED,
        reference=charge.reference,
        decline_code=charge.decline_code,
        answered_at=now,
        challenge_url="",
    )
    if not failed:
        return
    booking = Booking.objects.select_related("family").get(pk=payment.booking_id)
    tell_owner("payment_failed", booking, subject=str(payment.pk), now=now)
    log.info("payment_failed", booking=booking.locator, decline_code=charge.decline_code)
