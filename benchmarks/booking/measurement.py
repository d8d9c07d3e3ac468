"""Four measurements: over HTTP and by pgbench, spread over many flights and on one."""

from collections.abc import Sequence
from pathlib import Path

from django.db.models import F

from airlines.models import Flight, FlightCabin
from benchmarks.booking import replay
from benchmarks.booking.load import CLIENTS, Load, percentile, sell
from benchmarks.stack import Stack
from benchmarks.stock import integrator_key, offers_of, schedule
from bookings.services.reconciliation import reconcile
from flights_project.local.run import say

FLIGHTS, SEATS = 200, 60
ENOUGH_SEATS = 30_000
WARM_UP = 2
PER_SECOND, OF_PGBENCH, OF_SPREAD, SLOWEST = 150, 0.4, 0.5, 0.250
"""What is aimed at on two cores that also run the clients: pairs a second spread out, their share of pgbench's rate,
the share of that rate on one flight, and the p99 of a request in seconds."""


def measure_all(stack: Stack, seconds: int) -> None:
    replay.number_apart()
    hot, *spread = schedule(flights=FLIGHTS + 1, seats=SEATS)
    FlightCabin.objects.update(capacity=ENOUGH_SEATS, overbooking=ENOUGH_SEATS - F("capacity"))
    key, script = integrator_key(), stack.servers.home / "booking.sql"
    script.write_text(replay.take_down(hot, key))
    for name in ("web", "worker", "beat"):
        stack.start(name)
    say(f"{CLIENTS} clients, {seconds} seconds each; statements of a hold and a payment: {count_in(script)}")
    say(HEAD)
    loads = [over_http(stack, key, flights, seconds) for flights in (spread, [hot])]
    wrong = sum(load.wrong for load in loads) + len(reconcile())
    rates = [by_pgbench(stack, script, flights, seconds) for flights in (spread, [hot])]
    say(f"  after pgbench: {len(reconcile())} differences between counters and coupons")
    judge(loads, rates, wrong)


def over_http(stack: Stack, key: str, flights: Sequence[Flight], seconds: int) -> Load:
    offers = offers_of(flights)
    sell(stack.port, key, offers, WARM_UP)
    before = stack.cpu_seconds()
    load = sell(stack.port, key, offers, seconds)
    after = stack.cpu_seconds()
    say(row(f"HTTP, {of(flights)}", load))
    used = {part: 1000 * (after[part] - before[part]) / len(load.pairs) for part in after}
    say("    processor, ms a pair: " + ", ".join(f"{part} {spent:.1f}" for part, spent in used.items()))
    return load


def by_pgbench(stack: Stack, script: Path, flights: Sequence[Flight], seconds: int) -> float:
    variables = {"first": flights[0].pk, "last": flights[-1].pk, "turn": 0, "base": 450_000 * (len(flights) == 1)}
    rate = replay.pgbench(stack.servers.postgres, script, clients=CLIENTS, seconds=seconds, variables=variables)
    say(f"  {f'pgbench, {of(flights)}':32}{rate:9.1f}")
    return rate


def of(flights: Sequence[Flight]) -> str:
    return f"{len(flights)} flights" if len(flights) > 1 else "one flight"


HEAD = f"  {'':32}{'pairs/s':>9}{'hold p50':>10}{'p99':>8}{'pay p50':>10}{'p99':>8}{'pair p50':>10}{'p99':>8}  ms"


def row(name: str, load: Load) -> str:
    """A line of the table."""
    cells = "".join(
        f"{1000 * percentile(seconds, 50):10.1f}{1000 * percentile(seconds, 99):8.1f}"
        for seconds in (load.holds, load.pays, load.both)
    )
    return f"  {name:32}{load.rate:9.1f}{cells}"


def count_in(script: Path) -> int:
    return sum(not line.startswith("\\set") for line in script.read_text().splitlines())


def judge(loads: Sequence[Load], rates: Sequence[float], wrong: int) -> None:
    spread, hot = loads
    slowest = max(percentile(seconds, 99) for load in loads for seconds in (load.holds, load.pays))
    goals = {
        f"{spread.rate:.0f} pairs/s spread out (aim: {PER_SECOND})": spread.rate >= PER_SECOND,
        f"{spread.rate / rates[0]:.0%} of pgbench (aim: {OF_PGBENCH:.0%})": spread.rate >= OF_PGBENCH * rates[0],
        f"one flight at {hot.rate / spread.rate:.0%} of that (aim: {OF_SPREAD:.0%})": hot.rate
        >= OF_SPREAD * spread.rate,
        f"slowest p99 of a request {1000 * slowest:.0f} ms (aim: {1000 * SLOWEST:.0f})": slowest <= SLOWEST,
        f"{wrong} wrong (aim: 0)": not wrong,
    }
    for goal, is_met in goals.items():
        say(f"  {'met    ' if is_met else 'not met'}  {goal}")
