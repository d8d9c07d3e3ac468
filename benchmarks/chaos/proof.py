"""What must be true once everything is settled. Each check yields a line for every violation."""

import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from airlines.models import FlightCabin
from benchmarks.chaos.sellers import Journal
from bookings.models import Booking, Coupon, Passenger, Payment, Refund, SandboxCharge, Ticket
from flights_project.gateway.models import IdempotencyRecord
from flights_project.local.environment import PROJECT
from notifications.models import KeptMail, Message

Check = Callable[[Journal], Iterator[str]]


def unsettled() -> dict[str, int]:
    """What the clocks still have to end, and how much of it there is."""
    left = {
        "payments without an answer": Payment.objects.filter(status="started").count(),
        "refunds on their way": Refund.objects.filter(status="started").count(),
        "holds": Booking.objects.filter(status="held").count(),
        "messages to send": Message.objects.filter(status="waiting").count(),
        "charges without an answer": SandboxCharge.objects.filter(answers_at__gt=timezone.now()).count(),
    }
    return {what: number for what, number in left.items() if number}


def settled(journal: Journal) -> Iterator[str]:
    """nothing is left without an end: payments, refunds, holds, messages"""
    yield from (f"{number} {what}" for what, number in unsettled().items())
    running = IdempotencyRecord.objects.filter(status=None).count()
    if running:
        yield f"{running} idempotency keys that nobody can use"


def reconciled(journal: Journal) -> Iterator[str]:
    """`manage.py reconcile` finds nothing: counters are the coupons, and the money adds up"""
    command = [sys.executable, "manage.py", "reconcile"]
    ended = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True)
    if ended.returncode:
        yield from ended.stderr.splitlines()


def no_seat_is_lost(journal: Journal) -> Iterator[str]:
    """no seat is still held for nobody"""
    for cabin in FlightCabin.objects.exclude(seats_held=0):
        yield f"{cabin}: {cabin.seats_held} held"


def money_has_its_place(journal: Journal) -> Iterator[str]:
    """each charge that took money is a confirmed booking's with tickets, or was paid back in full"""
    payments = {payment.pk: payment for payment in Payment.objects.select_related("booking")}
    for charge in SandboxCharge.objects.filter(outcome=SandboxCharge.Outcome.SUCCEEDS):
        payment = payments.get(charge.pk)
        if payment is None:
            yield f"charge {charge.pk}: nobody knows of it"
        elif charge.refunded == charge.amount:
            if payment.status != Payment.Status.REFUNDED:
                yield f"charge {charge.pk}: paid back, and the payment is {payment.status}"
        elif (payment.status, payment.booking.status) != ("succeeded", "confirmed"):
            yield f"charge {charge.pk}: payment {payment.status}, booking {payment.booking} {payment.booking.status}"


def money_was_taken(journal: Journal) -> Iterator[str]:
    """each payment that succeeded took just its amount, and each refund went back just once"""
    charges = {charge.pk: charge for charge in SandboxCharge.objects.all()}
    refunded = dict(Refund.objects.values_list("payment").annotate(sum=Sum("amount")))
    for payment in Payment.objects.exclude(status__in=["started", "failed"]):
        charge = charges.get(payment.pk)
        if charge is None or charge.outcome != SandboxCharge.Outcome.SUCCEEDS or charge.amount != payment.amount:
            yield f"payment {payment.pk}: {payment.status} without its charge"
        elif charge.refunded != refunded.get(payment.pk, Decimal()):
            yield f"payment {payment.pk}: {charge.refunded} went back, {refunded.get(payment.pk, 0)} were to"


def nobody_paid_twice(journal: Journal) -> Iterator[str]:
    """no booking was charged twice"""
    booking_of = dict(Payment.objects.values_list("pk", "booking__locator"))
    charges: dict[str, int] = defaultdict(int)
    for key in SandboxCharge.objects.filter(outcome="succeeds").values_list("pk", flat=True):
        charges[booking_of.get(key, "")] += 1
    yield from (f"booking {locator}: {number} charges" for locator, number in charges.items() if number > 1)


def confirmed_bookings_are_whole(journal: Journal) -> Iterator[str]:
    """each confirmed booking has a ticket for each traveller, open coupons and its message; others have none open"""
    for passenger in Passenger.objects.filter(booking__status="confirmed", ticket=None):
        yield f"booking {passenger.booking}: {passenger} has no ticket"
    for coupon in Coupon.objects.filter(booking__status="confirmed").exclude(status=Coupon.Status.OPEN):
        yield f"booking {coupon.booking}: confirmed with a coupon that is {coupon.status}"
    for coupon in Coupon.objects.live().exclude(booking__status="confirmed"):
        yield f"booking {coupon.booking}: {coupon.booking.status} with a coupon that is {coupon.status}"
    told = set(Message.objects.filter(kind="booking_confirmed").values_list("subject", flat=True))
    for booking in Booking.objects.filter(confirmed_at__isnull=False).exclude(locator__in=told):
        yield f"booking {booking}: confirmed, and nobody was told"


def answers_are_true(journal: Journal) -> Iterator[str]:
    """what a program was told is still so after every crash: its holds are there, its payments succeeded"""
    there = set(Booking.objects.values_list("locator", flat=True))
    yield from (f"hold {locator} was answered and is gone" for locator in journal.held if locator not in there)
    paid = {str(pk) for pk in Payment.objects.exclude(status__in=["started", "failed"]).values_list("pk", flat=True)}
    yield from (f"payment {pk} was answered and is gone" for pk in journal.paid if pk not in paid)


def mail_went_once(journal: Journal) -> Iterator[str]:
    """each message that was sent is in the mailbox, once; beside them only what lapsed after its worker had died"""
    kept = Counter(mail.strip("<").partition("@")[0] for mail in KeptMail.objects.values_list("message_id", flat=True))
    status = {str(pk): status for pk, status in Message.objects.values_list("pk", "status")}
    sent = {pk for pk in status if status[pk] == "sent"}
    yield from (f"message {pk} was sent and is not in the mailbox" for pk in sent - kept.keys())
    yield from (f"mail {pk} is of no message that was sent" for pk in kept if status.get(pk) not in ("sent", "lapsed"))
    yield from (f"message {pk} is in the mailbox {times} times" for pk, times in kept.items() if times > 1)


CHECKS: tuple[Check, ...] = (
    settled,
    reconciled,
    no_seat_is_lost,
    money_has_its_place,
    money_was_taken,
    nobody_paid_twice,
    confirmed_bookings_are_whole,
    answers_are_true,
    mail_went_once,
)


def totals() -> str:
    """How much there was to go wrong."""
    states = Count("pk", filter=Q(status="confirmed")), Count("pk", filter=Q(status="expired"))
    bookings = Booking.objects.aggregate(all=Count("pk"), confirmed=states[0], expired=states[1])
    sold = FlightCabin.objects.aggregate(sold=Sum("seats_sold"), capacity=Sum("capacity"))
    refunds = SandboxCharge.objects.filter(refunded=F("amount")).count()
    return (
        f"{bookings['all']} bookings, {bookings['confirmed']} confirmed, {bookings['expired']} expired; "
        f"{SandboxCharge.objects.count()} charges, {refunds} paid back; {Ticket.objects.count()} tickets; "
        f"{sold['sold']} of {sold['capacity']} seats sold"
    )
