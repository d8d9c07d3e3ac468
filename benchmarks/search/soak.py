"""Searches, holds and payments together at three times the peak, for minutes, and how much processor is left."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

from benchmarks.booking.load import percentile
from benchmarks.client import Answer, ApiClient, somebody
from benchmarks.search.generator import CONNECTIONS
from benchmarks.stack import Stack
from benchmarks.stock import integrator_key
from bookings.services.reconciliation import reconcile
from flights_project.local.run import say

BOOKINGS_A_DAY, PEAK, TIMES, SEARCHES_A_BOOKING = 5_000, 3, 3, 30
BOOKINGS_A_SECOND = BOOKINGS_A_DAY * PEAK * TIMES / 86_400
SEARCHES_A_SECOND = BOOKINGS_A_SECOND * SEARCHES_A_BOOKING
SLOWEST = 100
"""Milliseconds: what is aimed at for 99 of 100 searches."""
KINDS = ("direct", "direct", "direct", "one connection", "return")
"""In turn: most who search fly there directly."""


@dataclass(slots=True)
class Heard:
    """Seconds of all answers by what was asked, and what was not answered as it should be."""

    waits: dict[str, list[float]] = field(default_factory=lambda: {"search": [], "hold": [], "pay": []})
    wrong: Counter[str] = field(default_factory=Counter)

    def hear(self, call: str, answer: Answer, expected: int) -> bool:
        self.waits[call].append(answer.seconds)
        if answer.status != expected:
            self.wrong[f"{call} {answer.status} {answer.code}"] += 1
        return answer.status == expected


def run(stack: Stack, searches: Mapping[str, Callable[[], str]], minutes: float) -> None:
    for name in ("web", "worker", "beat"):
        stack.start(name)
    key, heard, own = integrator_key(), Heard(), threading.local()
    say(f"{SEARCHES_A_SECOND:.1f} searches and {BOOKINGS_A_SECOND:.2f} bookings a second for {minutes:g} minutes")

    def act(number: int) -> None:
        if not hasattr(own, "client"):
            own.client = ApiClient(stack.port, key)
        found = own.client.get(f"search/?{searches[KINDS[number % len(KINDS)]]()}")
        if heard.hear("search", found, HTTPStatus.OK) and number % SEARCHES_A_BOOKING == 0:
            _book(own.client, found, heard)

    total = round(minutes * 60 * SEARCHES_A_SECOND)
    before, spent, started = _idle(), stack.cpu_seconds(), time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        acts = []
        for number in range(total):
            time.sleep(max(0.0, started + number / SEARCHES_A_SECOND - time.monotonic()))
            acts.append(pool.submit(act, number))
    after, used = _idle(), stack.cpu_seconds()
    for each in acts:
        each.result()
    _tell(heard, (after[0] - before[0]) / (after[1] - before[1]), time.monotonic() - started)
    parts = ", ".join(f"{part} {used[part] - spent.get(part, 0):.0f} s" for part in used)
    say(f"  processor: {parts}")


def _book(client: ApiClient, found: Answer, heard: Heard) -> None:
    offers = found.body["results"]
    held = client.hold(offers[0]["offer"], [somebody()], key=str(uuid4())) if offers else None
    if held is not None and heard.hear("hold", held, HTTPStatus.CREATED):
        heard.hear("pay", client.pay(held.body["locator"], key=str(uuid4())), HTTPStatus.CREATED)


def _tell(heard: Heard, left: float, seconds: float) -> None:
    for call, waits in heard.waits.items():
        waits.sort()
        figures = (
            ", ".join(f"p{percent} {1000 * percentile(waits, percent):.1f} ms" for percent in (50, 99)) if waits else ""
        )
        say(f"  {call:8}{len(waits):8,}  {len(waits) / seconds:6.1f} a second  {figures}")
    differences = reconcile()
    say(f"  processor left: {left:.0%}")
    slowest = 1000 * percentile(heard.waits["search"], 99)
    for goal, is_met in {
        f"nothing wrong: {dict(heard.wrong) or 0}": not heard.wrong,
        f"differences found by reconcile: {len(differences)} {'; '.join(map(str, differences[:3]))}": not differences,
        f"p99 of a search {slowest:.0f} ms (aim: {SLOWEST})": slowest <= SLOWEST,
    }.items():
        say(f"  {'met    ' if is_met else 'not met'}  {goal}")


def _idle() -> tuple[int, int]:
    """Ticks in which all processors idled, and all ticks, as Linux counts them."""
    ticks = [int(part) for part in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return ticks[3] + ticks[4], sum(ticks[:8])
