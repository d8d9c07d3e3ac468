"""Flights with fast clocks, so that holds, payments and leases end within a minute, and with places to die in."""

from datetime import timedelta

from flights_project.settings import *  # noqa: F403
from flights_project.settings import CELERY_BEAT_SCHEDULE, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.chaos.faults.Faults"]

HOLD_LIFETIME = timedelta(seconds=20)
PRICE_GUARANTEE = timedelta(seconds=15)
SANDBOX_SLOW_ANSWER = timedelta(seconds=24)
SANDBOX_CHALLENGE_LIFETIME = timedelta(seconds=15)
IDEMPOTENCY_ABANDONED_AFTER = timedelta(seconds=5)
CELERY_BEAT_SCHEDULE = {
    name: entry | {"schedule": 2, "options": {"expires": 10}} if isinstance(entry["schedule"], int) else entry
    for name, entry in CELERY_BEAT_SCHEDULE.items()
}
