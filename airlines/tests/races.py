"""Many at once, with threads that start together."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

CLIENTS = 16
PATIENCE = 60.0
"""Seconds after which a test gives up. Only one that fails waits for so long, however busy the machine is."""

WAITING = """
SELECT EXISTS (
    SELECT FROM pg_locks AS wanted JOIN pg_locks AS held USING (pid)
    WHERE NOT wanted.granted AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
"""
"""A lock that is waited for names no database where it is a row's: who waits has others that do."""


def at_once(act: Callable[[int], object], clients: int = CLIENTS) -> Counter[str]:
    """Run `act` in `clients` threads that start together; counts the outcomes by name."""
    barrier = Barrier(clients, timeout=PATIENCE)

    def run(n: int) -> str:
        try:
            connection.ensure_connection()
            barrier.wait()
            act(n)
        except Exception as error:  # noqa: BLE001 -- every outcome is counted
            return type(error).__name__
        else:
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(clients) as pool:
        return Counter(pool.map(run, range(clients)))


def somebody_waits() -> bool:
    """Whether somebody in this test's database waits for a lock; other tests have databases of their own."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])
