"""Honest programs alone, then among others who call without a break."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil, floor

from benchmarks.booking.load import percentile
from benchmarks.limits.callers import Group, Told, call_together
from benchmarks.stack import Stack
from benchmarks.stock import integrator_keys, schedule
from flights_project.local.run import say


@dataclass(frozen=True, slots=True)
class Bucket:
    """How much it holds, and how much fills up in a minute."""

    holds: int
    a_minute: int

    def __str__(self) -> str:
        return f"{self.a_minute}/min burst {self.holds}"


BUCKETS = {"key": Bucket(100, 360), "address": Bucket(100, 300)}
"""For searches by each kind of caller; small ones, which are soon empty."""
FLIGHTS, DAYS = 60, 30
HONEST, PAUSE = 4, 0.25
"""Programs with keys of their own, and the seconds between two calls of one: 240 a minute."""
WARM_UP = 3
SLOWER = 3.0
"""How many times longer an honest p99 may be among the others; aimed at on two cores that also run all callers."""
REFUSED = HTTPStatus.TOO_MANY_REQUESTS


def measure_all(stack: Stack, seconds: float) -> None:
    days = sorted({flight.departs_on.isoformat() for flight in schedule(flights=FLIGHTS, seats=60, days=DAYS)})
    paths = [f"/api/v1/search/?origin=DEL&destination=BOM&depart_on={day}" for day in days]
    warm, greedy, *keys = [f"Api-Key {key}" for key in integrator_keys(HONEST + 2)]
    honest = Group("honest", keys, PAUSE)
    others = [
        Group("too many by one key", [greedy] * 4),
        Group("made-up keys", [f"Api-Key {n:08x}.made-up" for n in range(4)]),
        Group("without any", [""] * 4),
    ]
    stack.start("web", {f"RATE_SEARCH_{caller.upper()}": str(bucket) for caller, bucket in BUCKETS.items()})
    call_together([Group("warm up", [warm] * 4, PAUSE)], stack.port, paths, WARM_UP)
    limits = ", ".join(f"{bucket} by {caller}" for caller, bucket in BUCKETS.items())
    say(f"16 connections, {seconds:g} seconds; {limits}")
    say(HEAD)
    alone = call_together([honest], stack.port, paths, seconds)["honest"]
    say(row("honest, alone", alone))
    told = call_together([honest, *others], stack.port, paths, seconds)
    for name, answers in told.items():
        say(row(f"{name}, among all" if name == "honest" else name, answers))
    in_vain = told["made-up keys"] + told["without any"]  # of one address, whose bucket they share
    judge(alone, told["honest"], {"key": told["too many by one key"], "address": in_vain})


HEAD = f"  {'':24}{'answers':>9}{'p50':>9}{'p99':>9}  ms   by status"


def row(name: str, told: Sequence[Told]) -> str:
    statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(Counter(t.status for t in told).items()))
    p50, p99 = milliseconds(told)
    return f"  {name:24}{len(told):9,}{p50:9.1f}{p99:9.1f}       {statuses}"


def milliseconds(told: Iterable[Told]) -> tuple[float, float]:
    """p50 and p99."""
    waits = sorted(each.seconds for each in told)
    return 1000 * percentile(waits, 50), 1000 * percentile(waits, 99)


def may_let_through(told: Sequence[Told], bucket: Bucket) -> tuple[int, int]:
    """The fewest and the most calls that a full bucket lets through of these, which came without a break: what it
    holds, and what fills up from the first call to the last. When the server saw them lies between asked and came.
    A bucket that never ran dry lets all through."""
    at_most = max(each.came_at for each in told) - min(each.asked_at for each in told)
    most = bucket.holds + ceil(at_most * bucket.a_minute / 60)
    refused = [each.asked_at for each in told if each.status == REFUSED]
    if not refused:
        return min(len(told), most), most
    at_least = max(refused) - min(each.came_at for each in told)
    return bucket.holds + floor(at_least * bucket.a_minute / 60), most


def judge(alone: Sequence[Told], among: Sequence[Told], limited: Mapping[str, Sequence[Told]]) -> None:
    (p50, p99), (p50_among, p99_among) = milliseconds(alone), milliseconds(among)
    wrong = sum(each.status != HTTPStatus.OK for each in [*alone, *among])
    goals = {f"{wrong} honest calls refused (aim: 0)": not wrong}
    for caller, told in limited.items():
        through = sum(each.status != REFUSED for each in told)
        fewest, most = may_let_through(told, BUCKETS[caller])
        goals[f"by {caller}: {through} let through (its bucket: {fewest} to {most})"] = fewest <= through <= most
    slower = f"honest p50 {p50_among / p50:.1f} times, p99 {p99_among / p99:.1f} times (aim: p99 {SLOWER:g})"
    goals[slower] = p99_among <= SLOWER * p99
    for goal, is_met in goals.items():
        say(f"  {'met    ' if is_met else 'not met'}  {goal}")
