"""Places to die in: a process that comes to a step which `make chaos` has armed kills itself there, once.

Only processes under `benchmarks.chaos.settings` know of this; the services do not.
"""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from functools import cache, wraps
from importlib import import_module
from inspect import unwrap
from typing import Any

import redis
from django.apps import AppConfig
from django.conf import settings
from django.db import transaction

Work = Callable[..., Any]

ARMED, DIED = "chaos:armed", "chaos:died"

OF_REQUESTS = (
    "held, not kept",
    "kept, not committed",
    "committed, not sent",
    "started, not committed",
    "prepared, not kept",
    "prepared, not charged",
    "charged, not answered",
    "answered, not recorded",
    "recorded, not committed",
    "recorded, not kept",
    "kept, not sent",
)
OF_ROUNDS = (
    "asked, not recorded",
    "expired, not committed",
    "refunded, not recorded",
    "mailed, not recorded",
)
"""Steps of holding and paying, and of the worker's rounds, in order."""


@cache
def broker() -> redis.Redis:
    client: redis.Redis = redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)
    return client


def arm(step: str) -> None:
    """The next process that comes to `step` dies there."""
    broker().sadd(ARMED, step)


def is_armed(step: str) -> bool:
    return bool(broker().sismember(ARMED, step))


def disarm(step: str) -> None:
    broker().srem(ARMED, step)


def deaths() -> list[str]:
    """The steps at which somebody died, in order."""
    return [str(step) for step in broker().lrange(DIED, 0, -1)]


def die(step: str) -> None:
    if broker().srem(ARMED, step):
        broker().rpush(DIED, step)
        os.kill(os.getpid(), signal.SIGKILL)


class Faults(AppConfig):
    name = "benchmarks.chaos"
    label = "chaos"

    def ready(self) -> None:
        hurry()
        place_in_paying()
        place_in_work()
        place_in_requests()


def hurry() -> None:
    """The clocks that are constants."""
    settlement, delivery = module("bookings.services.settlement"), module("notifications.services.delivery")
    settlement.GATEWAY_ANSWERS_WITHIN = timedelta(seconds=4)
    settlement.UNKNOWN_IS_FAILED_AFTER = timedelta(seconds=15)
    settlement.CHALLENGE_IS_FAILED_AFTER = timedelta(seconds=15)
    settlement.ASK_AGAIN_AT_MOST = timedelta(seconds=8)
    delivery.LEASE = timedelta(seconds=15)


def place_in_requests() -> None:
    holds, idempotency = module("bookings.services.holds"), module("flights_project.gateway.idempotency")
    after(holds, "hold_seats", "held, not kept")
    after(idempotency, "keep_answer", "kept, not committed", where=in_transaction)
    after(idempotency, "keep_answer", "kept, not sent", where=out_of_transaction)
    after(module("bookings.api.views").BookingViewSet, "create", "committed, not sent")


def place_in_paying() -> None:
    payment, settlement = module("bookings.services.payment"), module("bookings.services.settlement")
    sandbox = module("bookings.gateways.sandbox").SandboxGateway
    inside(payment, "_start", "started, not committed")
    after(sandbox, "prepare", "prepared, not kept")
    before(sandbox, "charge", "prepared, not charged")
    after(sandbox, "charge", "charged, not answered")
    before(payment, "record_answer", "answered, not recorded")
    inside(settlement, "_succeed", "recorded, not committed")
    after(payment, "record_answer", "recorded, not kept")


def place_in_work() -> None:
    before(module("bookings.services.settlement"), "record_answer", "asked, not recorded")
    inside(module("bookings.services.expiry"), "_expire", "expired, not committed")
    after(module("bookings.gateways.sandbox").SandboxGateway, "refund", "refunded, not recorded")
    after(module("notifications.mailbox").MailboxBackend, "send_messages", "mailed, not recorded")


def in_transaction() -> bool:
    return bool(transaction.get_connection().in_atomic_block)


def out_of_transaction() -> bool:
    return not in_transaction()


def module(name: str) -> Any:
    """Loaded now and not above: models cannot be loaded before their apps are."""
    return import_module(name)


def before(owner: Any, name: str, step: str) -> None:
    def with_step(work: Work) -> Work:
        def dying(*args: Any, **kwargs: Any) -> Any:
            die(step)
            return work(*args, **kwargs)

        return dying

    replace(owner, name, with_step)


def after(owner: Any, name: str, step: str, where: Callable[[], bool] = lambda: True) -> None:
    """Where the work raises, it is not there yet."""

    def with_step(work: Work) -> Work:
        def dying(*args: Any, **kwargs: Any) -> Any:
            done = work(*args, **kwargs)
            if where():
                die(step)
            return done

        return dying

    replace(owner, name, with_step)


def inside(owner: Any, name: str, step: str) -> None:
    """At the end of the transaction that a function is, before the commit."""
    work = getattr(owner, name)
    setattr(owner, name, unwrap(work))
    after(owner, name, step)
    replace(owner, name, transaction.atomic)


def replace(owner: Any, name: str, change: Callable[[Work], Work]) -> None:
    work = getattr(owner, name)
    setattr(owner, name, wraps(work)(change(work)))
