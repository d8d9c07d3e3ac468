"""The clocks of prices and timetable. Each task may run twice, or late, or on two workers at once, and does no harm."""

from datetime import date, timedelta

from celery import shared_task
from django.utils import timezone

from airlines.services import fare_changes, flight_making, price_alerts, repricing, stale_lows

LOOK_BACK = timedelta(minutes=10)
"""Further than from one round to the next, so that one that was missed is made up for."""
ROUND_SECONDS = 3600
SECONDS_OF_MAKING = 40


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


ROUND_LASTS = 10
"""Seconds, after which other tasks have their turn."""


@shared_task
def refresh_lows() -> int:
    """Make the lowest prices new that may have changed; returns how many marks there were."""
    stale_lows.REFRESHING.is_answered()
    return stale_lows.refresh_stale(now=timezone.now(), seconds=ROUND_LASTS)


@shared_task
def tell_of_prices() -> int:
    """End the alerts of days that have passed, and tell of what fell within a day of the last time; returns how many
    were told."""
    price_alerts.forget_departed(now=timezone.now())
    return price_alerts.tell_later(now=timezone.now())


@shared_task
def make_flights() -> int:
    """Make the flights of schedules that the horizon has reached; returns how many.

    After a minute the rest, of a large import perhaps, is left to another call: no task runs for long.
    """
    flight_making.MAKING.is_answered()
    made, ended = flight_making.make_for(SECONDS_OF_MAKING, now=timezone.now())
    if not ended:
        flight_making.MAKING.out()
    return made
