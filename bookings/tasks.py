"""The clocks of bookings. Each task may run twice, or late, or on two workers at once, and does no harm."""

import structlog
from celery import shared_task
from django.utils import timezone

from bookings.services import (
    expiry,
    proposals,
    reconciliation,
    refunds,
    reminders,
    reports,
    sandbox,
    seat_orders,
    settlement,
)

log = structlog.get_logger(__name__)


@shared_task
def expire_holds() -> int:
    """Give back the seats of overdue holds and of seat orders that were not paid; returns how many ended."""
    now = timezone.now()
    return expiry.expire_holds(now=now) + seat_orders.lapse_overdue(now=now)


@shared_task
def settle_payments() -> int:
    """Ask the gateways about payments without an answer; returns how many have one now."""
    return settlement.settle_due(now=timezone.now())


@shared_task
def pay_refunds() -> int:
    """Send refunds that are not paid yet; returns how many were."""
    return refunds.pay_refunds(now=timezone.now())


@shared_task
def remind_travellers() -> int:
    """Remind of flights that leave within a day; returns how many reminders were written."""
    return reminders.remind_due(now=timezone.now())


@shared_task
def carry_out_rebookings() -> int:
    """Move everybody for whom staff accepted other flights; returns how many were moved."""
    return proposals.carry_out(now=timezone.now())


@shared_task
def play_sandbox() -> int:
    """Delay or cancel the sandbox's flights that somebody has a ticket for; returns how many were used up."""
    return sandbox.play(now=timezone.now())


@shared_task
def reconcile() -> int:
    """Compare counters with coupons and the money with both; returns how many differences there are."""
    differences = reconciliation.reconcile_and_keep(now=timezone.now())
    for difference in differences:
        log.error("does_not_add_up", difference=str(difference))
    return len(differences)


@shared_task(soft_time_limit=1700, time_limit=1800)
def write_reports() -> int:
    """Write the lists that staff have asked for; returns how many are ready."""
    return reports.write_reports(now=timezone.now())


@shared_task
def forget_reports() -> int:
    """Delete the files of lists whose time is over; returns how many parts went."""
    return reports.forget_reports(now=timezone.now())
