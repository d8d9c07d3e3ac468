"""Many at once, with threads that start together."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, current_thread

import pytest
from django.db import connection

from airlines.models import FlightCabin
from flights_project.local.server import wait_until

CLIENTS = 16
PATIENCE = 60.0
"""Seconds after which a test gives up. Only one that fails waits for so long, however busy the machine is."""

WAITING = """
SELECT count(DISTINCT pid) FROM pg_locks AS wanted JOIN pg_locks AS held USING (pid)
WHERE NOT wanted.granted AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
"""A lock that is waited for names no database where it is a row's: who waits has others that do."""


def at_once(act: Callable[[int], object], clients: int = CLIENTS) -> Counter[str]:
    """Run `act` in `clients` threads that start together; counts the outcomes by name."""
    barrier = Barrier(clients, timeout=PATIENCE)

    def start(n: int) -> None:
        connection.ensure_connection()
        barrier.wait()
        act(n)

    with ThreadPoolExecutor(clients) as pool:
        return Counter(pool.map(lambda n: outcome(lambda: start(n)), range(clients)))


def outcome(act: Callable[[], object]) -> str:
    """`done`, or the name of what `act` raises in a thread of its own."""
    try:
        act()
    except Exception as error:  # noqa: BLE001 -- every outcome is looked at
        return type(error).__name__
    else:
        return "done"
    finally:
        connection.close()


def one_after_the_other(
    patch: pytest.MonkeyPatch, where: object, name: str, *, first: Callable[[], object], second: Callable[[], object]
) -> tuple[str, str]:
    """`first` stops where it comes to `name` of `where`. Then `second` comes; when it waits for a lock of the first, or
    is through where there is none, the first goes on. Returns what became of both."""
    stopped, goes_on, real = Event(), Event(), getattr(where, name)

    def stop(*args: object, **kwargs: object) -> object:
        if current_thread().name.startswith("first") and not stopped.is_set():
            stopped.set()
            assert goes_on.wait(PATIENCE)
        return real(*args, **kwargs)

    patch.setattr(where, name, stop)
    with ThreadPoolExecutor(1, "first") as one, ThreadPoolExecutor(1, "second") as other:
        begun = one.submit(outcome, first)
        assert wait_until(lambda: stopped.is_set() or begun.done(), PATIENCE)
        ended = other.submit(outcome, second)
        assert wait_until(lambda: ended.done() or somebody_waits(), PATIENCE)
        goes_on.set()
        return begun.result(PATIENCE), ended.result(PATIENCE)


def unlocked_cabins(*, flights: Iterable[int], cabin: str) -> list[FlightCabin]:
    """What `inventory.lock_cabins` would be without its lock, for controls."""
    return list(FlightCabin.objects.filter(flight__in=flights, cabin=cabin).select_related("flight").order_by("pk"))


def somebody_waits() -> bool:
    """Whether somebody in this test's database waits for a lock; other tests have databases of their own."""
    return how_many_wait() > 0


def how_many_wait() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        waiting: int = cursor.fetchone()[0]
    return waiting
