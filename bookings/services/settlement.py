"""What a gateway answered becomes the truth of a booking, exactly once, whenever and from wherever it comes."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from airlines.exceptions import NotOnSale, SeatsGone
from airlines.models import FareFamily, Flight, FlightCabin
from airlines.services import inventory
from bookings.exceptions import AlreadyBooked, TravellerElsewhere
from bookings.gateways import Charge, ChargeStatus, GatewayUnreachable, gateway_named
from bookings.metrics import PAYMENTS
from bookings.models import Booking, ItineraryChange, Passenger, Payment, Refund, SeatOrder, Segment
from bookings.services import events, seat_orders
from bookings.services.itinerary_changes import open_changes
from bookings.services.rounds import count_done
from bookings.services.seating import let_go_of_lost_seats
from bookings.services.telling import (
    change_facts,
    journey_of,
    tell_cancelled_flight,
    tell_delayed_flight,
    tell_owner,
)
from bookings.services.ticketing import issue_tickets
from bookings.services.whereabouts import lock_identities, refuse_elsewhere
from flights_project.lib.metrics import count_after_commit
from flights_project.lib.money import on_the_wire
from flights_project.lib.statements import columns, execute, fetch, instances
from notifications.models import EventType

log = structlog.get_logger(__name__)

GATEWAY_ANSWERS_WITHIN = timedelta(seconds=30)
"""A web worker waits no longer for a gateway; after this only the settling task asks."""
UNKNOWN_IS_FAILED_AFTER = timedelta(minutes=2)
"""A charge that the gateway was not told to make by then never reached it."""
CHALLENGE_IS_FAILED_AFTER = timedelta(minutes=15)
"""Who has not been to the bank's page by then has left: the seats do not wait for ever."""
ASK_AGAIN_AT_MOST = timedelta(minutes=5)
BATCH = 200
TAKE = """
    UPDATE bookings_payment
    SET status = %s, amount = %s, currency = %s, reference = %s, decline_code = %s, answered_at = %s, challenge_url = ''
    WHERE id = %s AND status IN ('started', 'failed')
"""
"""No money was taken for it so far: it waits for its answer, or was given up as failed."""
WITH_BOOKING = f"""
    SELECT {columns(Payment, "payment")}, {columns(Booking, "booking")}, {columns(FareFamily, "family")}
    FROM bookings_payment payment
    JOIN bookings_booking booking ON booking.id = payment.booking_id
    JOIN airlines_farefamily family ON family.id = booking.family_id
    WHERE payment.id = %s
"""  # noqa: S608 -- made of our own names
FLIGHTS = "SELECT flight_id FROM bookings_segment WHERE booking_id = %s"
CONFIRM = """
    UPDATE bookings_coupon SET status = 'open' WHERE booking_id = %(booking)s;
    UPDATE bookings_booking SET status = 'confirmed', confirmed_at = %(now)s, ended_at = NULL WHERE id = %(booking)s
"""


def settle(*, payment: Payment, now: datetime) -> Payment:
    """Ask the gateway what became of a started payment and record it; an answered payment stays as it is."""
    if payment.status != Payment.Status.STARTED:
        return payment
    delay = min(GATEWAY_ANSWERS_WITHIN * 2 ** min(payment.times_asked, 6), ASK_AGAIN_AT_MOST)
    Payment.objects.filter(pk=payment.pk).update(ask_again_at=now + delay, times_asked=F("times_asked") + 1)
    try:
        charge = _truth(payment, now)
    except GatewayUnreachable:
        return payment
    return record_answer(payment=payment, charge=charge, now=now)


def _truth(payment: Payment, now: datetime) -> Charge:
    """What became of the charge. One that waits in vain is given up at the gateway before it counts as failed."""
    gateway = gateway_named(payment.gateway)
    charge = gateway.ask(payment=payment, now=now)
    runs_for = now - payment.started_at
    if charge.status is ChargeStatus.UNKNOWN and runs_for >= UNKNOWN_IS_FAILED_AFTER:
        why = "never_received"
    elif charge.challenge_url and runs_for >= CHALLENGE_IS_FAILED_AFTER:
        why = "challenge_expired"
    else:
        return charge
    given_up = gateway.give_up(payment=payment, now=now)
    return replace(given_up, decline_code=why) if given_up.status is ChargeStatus.DECLINED else given_up


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
    return _as_it_stands(payment)


def _as_it_stands(payment: Payment) -> Payment:
    """With its booking and fare family."""
    [row] = fetch(WITH_BOOKING, [payment.pk])
    found, found.booking, found.booking.family = instances((Payment, Booking, FareFamily), row)
    answered: Payment = found
    return answered


@transaction.atomic
def _succeed(payment: Payment, charge: Charge, now: datetime) -> None:
    """The money is taken, be it late for a payment that had failed: it buys the journey, or it goes back."""
    if payment.status not in (Payment.Status.STARTED, Payment.Status.FAILED):
        return  # An old notice; what is left by now may be less than was taken (`dividing`).
    booking = Booking.objects.locked(payment.booking_id)
    order = SeatOrder.objects.get(pk=payment.seat_order_id) if payment.seat_order_id else None
    reason = _why_it_goes_back(payment, charge, booking, order)
    if not _take(payment, charge, now, reason):
        return
    if order is not None:
        if reason is None and seat_orders.fulfil(order=order, booking=booking, now=now):
            count_after_commit(PAYMENTS.labels("succeeded"))
        else:
            _refund_in_full(booking, payment, reason or Refund.Reason.SEAT_CHOICE_GONE, now)
    elif reason is None and booking.status == Booking.Status.HELD:
        passengers = _confirm(booking, now)
        # The cabins last: everybody who books this flight waits for their lock.
        inventory.sell_held_seats(cabins=_lock_cabins(booking), seats=booking.seats)
        _tell_confirmed(booking, passengers, now)
    elif reason is not None or not _retake(booking, now):
        _refund_in_full(booking, payment, reason or Refund.Reason.SEATS_GONE, now)


def _why_it_goes_back(
    payment: Payment, charge: Charge, booking: Booking, order: SeatOrder | None
) -> Refund.Reason | None:
    """None where the money can buy the journey, or the seats of `order`.

    Nothing is confirmed for another amount than was asked for.
    """
    if (charge.amount, charge.currency) != (payment.amount, payment.currency):
        log.error(
            "wrong_amount_taken",
            payment=str(payment.pk),
            asked=f"{payment.amount} {payment.currency}",
            taken=f"{charge.amount} {charge.currency}",
        )
        return Refund.Reason.WRONG_AMOUNT
    if order is not None:
        return Refund.Reason.PAID_TWICE if order.status == SeatOrder.Status.PAID else None
    if booking.status not in (Booking.Status.HELD, Booking.Status.EXPIRED):
        return Refund.Reason.PAID_TWICE
    if payment.amount != booking.total:  # it had failed, and the price or a seat has changed since
        return Refund.Reason.WRONG_AMOUNT
    return None


def _take(payment: Payment, charge: Charge, now: datetime, reason: Refund.Reason | None) -> bool:
    """Write down what was taken; False where that was done before. What goes back at once never counts as paid."""
    status = Payment.Status.SUCCEEDED if reason is None else Payment.Status.REFUNDED
    taken = [status, charge.amount, charge.currency, charge.reference, reason or "", now, payment.pk]
    return bool(execute(TAKE, taken))


def _lock_cabins(booking: Booking) -> list[FlightCabin]:
    flights = [flight for (flight,) in fetch(FLIGHTS, [booking.pk])]
    return inventory.lock_cabins(flights=flights, cabin=booking.cabin)


def _confirm(booking: Booking, now: datetime) -> list[Passenger]:
    """Coupons open, tickets issued; returns the travellers with their tickets. The booking is locked."""
    booking.status, booking.confirmed_at, booking.ended_at = Booking.Status.CONFIRMED, now, None
    execute(CONFIRM, {"booking": booking.pk, "now": now})
    passengers = issue_tickets(booking=booking, now=now)
    events.record(EventType.BOOKING_CONFIRMED, booking, now=now)
    count_after_commit(PAYMENTS.labels("succeeded"))
    log.info("booking_confirmed", booking=booking.locator)
    return passengers


def _tell_confirmed(booking: Booking, passengers: list[Passenger], now: datetime) -> None:
    """Under the cabins' lock, which whoever delays or cancels a flight waits for: what is told is true. A flight that
    was cancelled, or moved much, while it was held and the payment ran is told as such, too."""
    segments = journey_of(booking)
    tell_owner("booking_confirmed", booking, segments=segments, passengers=passengers, now=now)
    for segment in segments:
        if cause := _changed_since_held(segment):
            change = open_changes(flight=segment.flight_id, causes={booking.pk: cause}, now=now)[booking.pk]
            _tell_changed(booking, segment, change, now, segments=segments, passengers=passengers)


def _changed_since_held(segment: Segment) -> ItineraryChange.Cause | None:
    """What of the flight may be answered by who held it as it was."""
    flight, agreed = segment.flight, segment.agreed_departs_at
    if flight.status == Flight.Status.CANCELLED:
        return ItineraryChange.Cause.CANCELLED
    moved = agreed is not None and abs(flight.departs_at - agreed) >= settings.MOVED_MUCH
    return ItineraryChange.Cause.MOVED if moved else None


def _tell_changed(booking: Booking, segment: Segment, change: ItineraryChange, now: datetime, **journey: Any) -> None:
    if change.cause == ItineraryChange.Cause.CANCELLED:
        facts = change_facts(booking, change)
        tell_cancelled_flight(booking, segment.flight, change=facts, now=now, **journey)
    elif segment.agreed_departs_at is not None:
        tell_delayed_flight(booking, segment.flight, segment.agreed_departs_at, change, now=now, **journey)


def _retake(booking: Booking, now: datetime) -> bool:
    """Paid after the hold has gone: take the same seats at the promised price where they are free."""
    try:
        with transaction.atomic():
            people = {coupon.identity: str(coupon.passenger) for coupon in booking.coupons.select_related("passenger")}
            lock_identities(people)
            cabins = _lock_cabins(booking)
            refuse_elsewhere(people, _flights_to_fly(booking, now), by=booking.owner)
            let_go_of_lost_seats(booking)
            inventory.hold_seats(cabins=cabins, seats=booking.seats)
            inventory.sell_held_seats(cabins=cabins, seats=booking.seats)
            _tell_confirmed(booking, _confirm(booking, now), now)
    except (SeatsGone, NotOnSale, AlreadyBooked, TravellerElsewhere):
        return False
    return True


def _flights_to_fly(booking: Booking, now: datetime) -> list[Flight]:
    """The booking's flights. Raises NotOnSale where one is cancelled or gone."""
    flights = list(Flight.objects.filter(segments__booking=booking))
    if any(flight.status not in Flight.FOR_SALE or flight.departs_at <= now for flight in flights):
        raise NotOnSale
    return flights


def _refund_in_full(booking: Booking, payment: Payment, reason: Refund.Reason, now: datetime) -> None:
    """Nothing was sold for this money: everything goes back, by the task that pays refunds."""
    payment.refresh_from_db(fields=["amount", "currency"])
    Payment.objects.filter(pk=payment.pk).update(status=Payment.Status.REFUNDED)
    if payment.amount:
        Refund.objects.create(payment=payment, amount=payment.amount, reason=reason, started_at=now)
    total = on_the_wire(payment.amount, payment.currency)
    tell_owner("payment_refunded", booking, subject=str(payment.pk), reason=reason.value, total=total, now=now)
    events.record(
        EventType.PAYMENT_RETURNED,
        booking,
        payment=str(payment.pk),
        reason=reason.value,
        amount=total,
        now=now,
    )
    count_after_commit(PAYMENTS.labels("returned"))
    log.warning("payment_goes_back", booking=booking.locator, payment=str(payment.pk), reason=reason.value)


@transaction.atomic
def _fail(payment: Payment, charge: Charge, now: datetime) -> None:
    """A charge that was prepared since the gateway was asked is not the one that has failed."""
    failed = (
        Payment.objects.started(payment.pk)
        .filter(reference=payment.reference)
        .update(
            status=Payment.Status.FAILED,
            decline_code=charge.decline_code,
            answered_at=now,
            challenge_url="",
        )
    )
    if not failed:
        return
    booking = Booking.objects.select_related("family", "owner").get(pk=payment.booking_id)
    if booking.status != Booking.Status.CONFIRMED:  # by another payment; seats are chosen anew
        tell_owner(
            "payment_failed", booking, subject=str(payment.pk), now=now, useful_until=booking.payment_required_by
        )
    events.record(EventType.PAYMENT_FAILED, booking, payment=str(payment.pk), decline_code=charge.decline_code, now=now)
    count_after_commit(PAYMENTS.labels("failed"))
    log.info("payment_failed", booking=booking.locator, decline_code=charge.decline_code)
