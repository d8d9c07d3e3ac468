"""Who is killed, and where."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain, cycle
from random import Random

from django.db import Error, connection

from benchmarks.chaos import faults
from benchmarks.stack import Stack
from flights_project.local.server import wait_until

COMES_WITHIN = 10.0
"""Seconds in which a process should come to an armed step, with those in which the last one killed comes up again."""
BUSINESS = 12
RESUMES_WITHIN = 10.0
"""Requests that are answered between two kills, and the seconds after which it is enough in any case."""

Kill = Callable[[], str]
"""Kills somebody; returns who it was, empty where that is counted elsewhere or nobody was there."""


def kill_for(stack: Stack, seconds: float, chance: Random, *, answered: Callable[[], int]) -> Counter[str]:
    """Kill one after the other for so long, reviving each; returns how often each died.

    Before each, business goes on: `answered` is how many requests were answered until now. Meanwhile the worker dies
    once at each step of its rounds, when it comes there.
    """
    killed: Counter[str] = Counter()
    for step in faults.OF_ROUNDS:
        faults.arm(step)
    until = time.monotonic() + seconds
    for kill in plan(stack, chance):
        if time.monotonic() > until:
            break
        resume(stack, answered)
        killed[kill()] += 1
    stack.revive()
    del killed[""]
    killed.update(f"process that had {step}" for step in faults.deaths())
    return killed


def plan(stack: Stack, chance: Random) -> Iterator[Kill]:
    """A death at each step of a request in turn, and between any two of them somebody else's; for ever."""
    at_steps = [partial(at_step, stack, step) for step in faults.OF_REQUESTS]
    anywhere: list[Kill] = [
        lambda: shoot("Valkey", stack.servers.valkey.pid),
        lambda: shoot("web worker", chance.choice(stack.processes["web"].workers or [None])),
        lambda: shoot("web, the parent", stack.processes["web"].pid),
        lambda: shoot("PostgreSQL, a backend", a_backend()),
        lambda: shoot("Celery worker", stack.processes["worker"].pid),
        lambda: shoot("PostgreSQL, the postmaster", stack.servers.postgres.pid),
        lambda: shoot("beat", stack.processes["beat"].pid),
    ]
    return chain.from_iterable(zip(cycle(at_steps), cycle(anywhere), strict=False))


def resume(stack: Stack, answered: Callable[[], int]) -> None:
    """Business goes on for a while."""
    enough = answered() + BUSINESS
    wait_until(lambda: reviving(stack) and answered() >= enough, RESUMES_WITHIN)


def reviving(stack: Stack) -> bool:
    stack.revive()
    return True


def at_step(stack: Stack, step: str) -> str:
    """The next process that comes to `step` dies there; if none comes in time, nobody does."""
    faults.arm(step)
    wait_until(lambda: reviving(stack) and not faults.is_armed(step), COMES_WITHIN)
    faults.disarm(step)
    return ""


def shoot(victim: str, pid: int | None) -> str:
    if pid is None:
        return ""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return victim


def a_backend() -> int | None:
    """The process of PostgreSQL that serves somebody's connection, one at work if there is one."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() "
                "ORDER BY (state = 'active') DESC, random() LIMIT 1"
            )
            row = cursor.fetchone()
    except Error:  # the last kill has not been got over yet
        row = None
    finally:
        connection.close()
    return int(row[0]) if row else None
