"""The clocks of prices. Each task may run twice, or late, or on two workers at once, and does no harm."""

from datetime import date, timedelta

from celery import shared_task
from django.utils import timezone

from airlines.services import fare_changes, repricing

LOOK_BACK = timedelta(minutes=10)
"""Further than from one round to the next, so that one that was missed is made up for."""
ROUND_SECONDS = 3600


@shared_task
def reprice_entering_bands() -> int:
    """Price the flights that came close enough for another band of days; returns how many fares changed."""
    now = timezone.now()
    return repricing.reprice_entering_bands(since=now - LOOK_BACK, now=now)


@shared_task
def reprice_taken() -> int:
    """Price flights of which seats were taken or given back since the last round; returns how many fares changed."""
    return repricing.reprice_taken(now=timezone.now())


@shared_task
def reprice_everything() -> int:
    """Have every day of departure priced, each by a task of its own; returns how many days."""
    days = repricing.days_on_sale(now=timezone.now())
    for day in days:
        reprice_departing.apply_async((day.isoformat(),), expires=ROUND_SECONDS)
    return len(days)


@shared_task
def reprice_departing(on: str) -> int:
    """Price the flights of a day of departure; returns how many fares changed."""
    return repricing.reprice_departing(on=date.fromisoformat(on), now=timezone.now())


@shared_task
def forget_fare_previews() -> int:
    """Delete previews of changes of fares that nobody applied; returns how many."""
    return fare_changes.forget_previews(now=timezone.now())
