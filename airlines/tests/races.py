"""Many at once, with threads that start together."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

CLIENTS = 16


def at_once(act: Callable[[int], object], clients: int = CLIENTS) -> Counter[str]:
    """Run `act` in `clients` threads that start together; counts the outcomes by name."""
    barrier = Barrier(clients)

    def run(n: int) -> str:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            act(n)
        except Exception as error:  # noqa: BLE001 -- every outcome is counted
            return type(error).__name__
        else:
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(clients) as pool:
        return Counter(pool.map(run, range(clients)))
