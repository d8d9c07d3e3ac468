"""Measures type-ahead over every airport of the world that has an IATA code: what people type letter by letter, words
in any order, and typing errors. Nothing is asserted of time: it prints figures beside those of an empty answer."""

import argparse
import http.client
import random
import sys
import time
from collections.abc import Iterator
from urllib.parse import quote

import airportsdata

from benchmarks.client import HOST, PATIENCE
from benchmarks.machine import machine
from benchmarks.stack import Stack
from flights_project.local.run import report, say

AIM = 0.020
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
KINDS = ("letter by letter", "codes", "words in any order", "typing errors")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-places", description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="of each kind (8)")
    chosen = parser.parse_args()
    return report(lambda: measure(chosen.seconds))


def measure(seconds: int) -> None:
    say(machine())
    with Stack({}) as stack:
        names = load_the_world()
        stack.start("web")
        say(f"{len(names)} airports, one connection, {seconds} seconds each, milliseconds over HTTP:")
        show("an empty answer", timed(stack.port, iter(lambda: "/healthz", None), seconds))
        for kind in KINDS:
            dice = random.Random(kind)  # noqa: S311 -- the same every time, not a secret
            paths = (f"/api/v1/places/?q={quote(typed(kind, *dice.choice(names), dice))}" for _ in iter(int, 1))
            show(kind, timed(stack.port, paths, seconds))


def load_the_world() -> list[tuple[str, str]]:
    """Puts the airports where they belong; returns the city and the name of each."""
    from django.db import connection  # noqa: PLC0415 -- settings are there now

    from airlines.models import Airport, City  # noqa: PLC0415

    world = airportsdata.load("IATA")
    areas = {iata: code for code, area in airportsdata.load_iata_macs().items() for iata in area["airports"]}
    codes = {iata: areas.get(iata, iata) for iata in world}
    cities = {codes[iata]: (facts["city"] or facts["name"], facts["country"]) for iata, facts in world.items()}
    City.objects.bulk_create(City(code=code, name=name, country=country) for code, (name, country) in cities.items())
    ids = dict(City.objects.values_list("code", "pk"))
    Airport.objects.bulk_create(
        Airport(
            city_id=ids[codes[iata]],
            iata=iata,
            icao="".join(LETTERS[n // 26**place % 26] for place in range(4)),  # some real ones have digits
            name=facts["name"],
            latitude=facts["lat"],
            longitude=facts["lon"],
            zone=facts["tz"],
        )
        for n, (iata, facts) in enumerate(world.items())
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return [(cities[codes[iata]][0], f"{iata} {facts['name']}") for iata, facts in world.items()]


def typed(kind: str, city: str, name: str, dice: random.Random) -> str:
    """What somebody types who wants to go there; `name` begins with the code."""
    match kind:
        case "letter by letter":
            return city[: dice.randint(1, len(city))]
        case "codes":
            return name[:3]
        case "words in any order":
            return " ".join(dice.sample([*name.split()[-3:], city], 3))
    return _misspelt(city, dice)


def _misspelt(city: str, dice: random.Random) -> str:
    """Two letters in the wrong order, or one that is missing, wrong or too many."""
    at = dice.randrange(len(city))
    wrong = dice.choice(LETTERS).lower()
    before, letter, after = city[:at], city[at], city[at + 1 :]
    return before + dice.choice([after[:1] + letter + after[1:], after, wrong + after, letter + wrong + after])


def timed(port: int, paths: Iterator[str], seconds: int) -> list[float]:
    """How long each answer took, one after the other."""
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    taken = []
    ends = time.perf_counter() + seconds
    while (started := time.perf_counter()) < ends:
        connection.request("GET", next(paths))
        answer = connection.getresponse()
        answer.read()
        taken.append(time.perf_counter() - started)
        if answer.status != http.client.OK:
            raise RuntimeError(f"answered {answer.status}")
    connection.close()
    return sorted(taken)


def show(kind: str, taken: list[float]) -> None:
    p50, p99 = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    aim = "" if kind == "an empty answer" else f"   p99 under {1000 * AIM:.0f} ms: {'met' if p99 < AIM else 'not met'}"
    say(f"  {kind:20} {len(taken):6} answers   p50 {1000 * p50:6.1f}   p99 {1000 * p99:6.1f}{aim}")


if __name__ == "__main__":
    sys.exit(main())
