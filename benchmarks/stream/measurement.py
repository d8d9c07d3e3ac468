"""Streams of a typical results page each: ten of two hundred flights, whose prices change one after the other."""

import time
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random

from airlines.models import FlightFare
from airlines.services.fares import change_fare
from benchmarks.booking.load import percentile
from benchmarks.stack import Stack
from benchmarks.stock import schedule
from benchmarks.stream.listeners import Listeners
from flights_project.local.run import say
from flights_project.local.server import wait_until

FLIGHTS, FLIGHTS_ON_A_PAGE = 200, 10
A_MOMENT = 0.02
"""Seconds between two changes: fifty prices a second."""
ALL_IN_TIME = 30.0
HEAD = f"  {'':16}{'memory':>10}{'a stream':>12}{'events':>10}{'p50':>8}{'p99':>8}{'worst':>8}  ms{'processor':>13}"

amounts = count(5000)


def measure_all(stack: Stack, sizes: list[int], changes: int) -> None:
    flights = [flight.pk for flight in schedule(flights=FLIGHTS, seats=60)]
    fares = list(FlightFare.objects.select_related("flight_cabin"))
    chance = Random(1)  # noqa: S311 -- no secret
    stack.start("stream")
    empty = memory(stack)
    say(f"one process; nobody listens: {empty / 2**20:.0f} MB")
    say(HEAD)
    for size in sizes:
        pages = [chance.sample(flights, FLIGHTS_ON_A_PAGE) for _ in range(size)]
        measure(stack, pages, [chance.choice(fares) for _ in range(changes)], empty)


def measure(stack: Stack, pages: list[list[int]], fares: list[FlightFare], empty: int) -> None:
    listeners = Listeners(stack.port_of("stream"), pages)
    full, before = memory(stack), stack.cpu_seconds()["stream"]
    told = {}
    for fare in fares:
        amount = Decimal(next(amounts))
        change_fare(fare=fare, amount=amount)  # committed and announced when it returns
        told[fare.flight_cabin.flight_id, f"{amount:.2f}"] = time.monotonic()
        time.sleep(A_MOMENT)
    awaited = sum(sum(flight in page for page in pages) for flight, _amount in told)
    wait_until(lambda: listeners.heard >= awaited, ALL_IN_TIME)
    used = stack.cpu_seconds()["stream"] - before
    arrived = listeners.close()
    waits = sorted(max(instant - told[change], 0) for change, instants in arrived.items() for instant in instants)
    figures = "".join(f"{1000 * percentile(waits, percent):8.1f}" for percent in (50, 99, 100))
    each = (full - empty) / len(pages) / 2**10
    cost = 1_000_000 * used / max(len(waits), 1)
    held = f"  {len(pages):7,} streams {full / 2**20:7.0f} MB{each:9.1f} kB"
    say(f"{held}{len(waits):10,}{figures}{cost:9.0f} µs an event")
    if len(waits) != awaited:
        say(f"  {awaited - len(waits)} of {awaited} events did not arrive")


def memory(stack: Stack) -> int:
    """Bytes of the stream's process in memory."""
    pid = stack.processes["stream"].pid
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))
