"""Kinds of searches, each against the limits of the same server: not kept, kept, and as the flights on sale grow."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import islice
from random import Random

from airlines.models import Airport
from benchmarks.search import catalogue, soak, timetable
from benchmarks.search.catalogue import Catalogue, code_of
from benchmarks.search.generator import CONNECTIONS, Rate, fire, request
from benchmarks.stack import Stack
from flights_project.lib import clock
from flights_project.local.run import say

WITH_LIMITS = "benchmarks.search.wsgi:application"
WARM_UP = 1.0
ASKED = 2000
"""Different searches of each kind."""
KEPT = 50
"""Different searches of what is kept."""
UNCACHED = {"SEARCH_CACHE_MB": "0"}
PER_SECOND = {"direct": 1000, "kept": 4000, "one connection": 150}
OF_LIMIT = {"direct": 0.6, "kept": 0.4}
SLOWEST = {"two connections": 300, "return": 300, "three slices": 300}
"""What is aimed at on two cores that also run the generator: requests a second, the share of the limit, p99 in ms."""
GROWN = 1.5
HEAD = f"  {'':24}{'a second':>10}{'p50':>9}{'p99':>9}  ms{'web':>9}{'database':>10}  µs each{'of limit':>10}"

chance = Random(7)  # noqa: S311 -- no secret


@dataclass(frozen=True, slots=True)
class Measured:
    name: str
    rate: Rate
    of_limit: float | None


def measure_growth(stack: Stack, on_sale: Catalogue, sizes: Sequence[int], seconds: float) -> Catalogue:
    """At each size every kind of search; what is kept and the limits at the first. Returns all that is on sale then."""
    by_size: dict[int, list[Measured]] = {}
    for size in sizes:
        say(f"Writing {size:,} flights")
        on_sale = catalogue.grow(on_sale, max(1, size // catalogue.FLIGHTS))
        stack.start("web", UNCACHED, application=WITH_LIMITS)
        say(f"{on_sale.flights:,} flights, {CONNECTIONS} connections, {seconds:g} seconds each; nothing is kept")
        by_size[size] = measure_kinds(stack, searches_of(on_sale), seconds, bare_requests(on_sale))
        if size == sizes[0]:
            by_size[size].append(measure_kept(stack, searches_of(on_sale), seconds))
    judge(by_size)
    return on_sale


def measure_kinds(
    stack: Stack, searches: Mapping[str, Callable[[], str]], seconds: float, bare: Iterable[bytes]
) -> list[Measured]:
    say(HEAD)
    limit = show(stack, "limit: bare view", list(islice(bare, ASKED)), seconds, None)
    return [
        show(
            stack,
            name,
            [request(f"/api/v1/search/?{search()}") for _ in range(ASKED)],
            seconds,
            limit.rate if name == "direct" else None,
        )
        for name, search in searches.items()
    ]


def measure_kept(stack: Stack, searches: Mapping[str, Callable[[], str]], seconds: float) -> Measured:
    stack.start("web", application=WITH_LIMITS)
    say(f"{KEPT} searches, kept")
    limit = show(stack, "limit: empty view", [request("/limits/empty/")], seconds, None)
    kept = [request(f"/api/v1/search/?{searches['direct']()}") for _ in range(KEPT)]
    return show(stack, "kept", kept, seconds, limit.rate)


def measure_timetable(stack: Stack, seconds: float) -> None:
    """The real flights from New York, and back."""
    searches = timetable.load()
    stack.start("web", UNCACHED)
    say(f"{timetable.flights():,} flights of the real timetable")
    say(HEAD)
    for name, search in searches.items():
        show(stack, name, [request(f"/api/v1/search/?{search()}") for _ in range(ASKED)], seconds, None)


def measure_soak(stack: Stack, on_sale: Catalogue, minutes: float) -> None:
    soak.run(stack, searches_of(on_sale), minutes)


def searches_of(on_sale: Catalogue) -> dict[str, Callable[[], str]]:
    """Each kind of search, somewhere in the catalogue on some day."""

    def ends(origin: str, destination: str) -> tuple[str, str]:
        network = chance.randrange(on_sale.networks)
        return code_of(network, origin), code_of(network, destination)

    def day(after: int = 0) -> date:
        return on_sale.first + timedelta(days=chance.randrange(catalogue.DAYS - 20) + after)

    def one_way(origin: str, destination: str, **more: object) -> str:
        origin, destination = ends(origin, destination)
        extra = "".join(f"&{name}={value}" for name, value in more.items())
        return f"origin={origin}&destination={destination}&depart_on={day()}{extra}"

    def back() -> str:
        origin, destination = ends("A", "B")
        leaves = day()
        return f"origin={origin}&destination={destination}&depart_on={leaves}&return_on={leaves + timedelta(days=7)}"

    def three() -> str:
        network, leaves = chance.randrange(on_sale.networks), day()
        a, b, e = (code_of(network, place) for place in "ABE")
        days = [leaves + timedelta(days=4 * n) for n in range(3)]
        return f"slices={a}-{b}:{days[0]},{b}-{e}:{days[1]},{e}-{a}:{days[2]}"

    return {
        "direct": lambda: one_way("A", "B"),
        "one connection": lambda: one_way("C", "B"),
        "two connections": lambda: one_way("C", "E"),
        "return": back,
        "three slices": three,
    }


def bare_requests(on_sale: Catalogue) -> Iterable[bytes]:
    airports = dict(Airport.objects.values_list("iata", "pk"))
    while True:
        network = chance.randrange(on_sale.networks)
        day = on_sale.first + timedelta(days=chance.randrange(catalogue.DAYS))
        opens = int(clock.local_to_utc(day, time.min, catalogue.ZONE).timestamp())
        origin, destination = (airports[code_of(network, place)] for place in "AB")
        yield request(f"/limits/bare/{origin}/{destination}/{opens}/")


def show(stack: Stack, name: str, requests: Sequence[bytes], seconds: float, limit: Rate | None) -> Measured:
    fire(stack.port, requests, WARM_UP)
    before = stack.cpu_seconds()
    rate = fire(stack.port, requests, seconds)
    after = stack.cpu_seconds()
    web, database = (
        1_000_000 * (after[part] - before[part]) / max(len(rate.waits), 1) for part in ("web", "PostgreSQL")
    )
    share = rate.per_second / limit.per_second if limit else None
    line = f"  {name:24}{rate.per_second:10,.0f}{rate.milliseconds(50):9.1f}{rate.milliseconds(99):9.1f}    "
    line += f"{web:9.0f}{database:10.0f}         "
    say(line + (f"{share:10.0%}" if share is not None else "") + (f"  {rate.wrong} WRONG" if rate.wrong else ""))
    return Measured(name, rate, share)


def judge(by_size: Mapping[int, Sequence[Measured]]) -> None:
    first = {each.name: each for each in next(iter(by_size.values()))}
    goals: dict[str, bool] = {}
    for name, aim in PER_SECOND.items():
        goals[f"{name}: {first[name].rate.per_second:,.0f} a second (aim: {aim:,})"] = (
            first[name].rate.per_second >= aim
        )
    for name, part in OF_LIMIT.items():
        share = first[name].of_limit or 0
        goals[f"{name}: {share:.0%} of the limit (aim: {part:.0%})"] = share >= part
    for name, most in SLOWEST.items():
        slowest = first[name].rate.milliseconds(99)
        goals[f"{name}: p99 {slowest:.0f} ms (aim: {most})"] = slowest <= most
    last = {each.name: each for each in list(by_size.values())[-1]}
    for name in last.keys() & first.keys() if len(by_size) > 1 else ():
        grown = last[name].rate.milliseconds(50) / first[name].rate.milliseconds(50)
        goals[f"{name}: p50 grows {grown:.2f} times to {list(by_size)[-1]:,} flights (aim: {GROWN})"] = grown <= GROWN
    for goal, is_met in goals.items():
        say(f"  {'met    ' if is_met else 'not met'}  {goal}")
