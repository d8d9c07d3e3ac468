"""Opens every page of the staff desk over a year's data: each list, its searches and filters, Today, load and revenue.
Prints how long each takes and how many queries it asks, and whether that is what is aimed at."""

import argparse
import sys

from benchmarks.machine import machine
from benchmarks.stack import Stack
from flights_project.local.run import report, say


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-desk", description=__doc__)
    parser.add_argument("--bookings", type=int, default=500_000, help="of the year (500000)")
    parser.add_argument("--flights", type=int, default=180_000, help="of the year (180000)")
    parser.add_argument("--keep", action="store_true", help="keep the year; it is there for the next with --keep")
    parser.add_argument("--only", default="", metavar="WORD", help="pages whose name has it")
    parser.add_argument("--times", type=int, default=5, help="that each page is opened (5)")
    chosen = parser.parse_args()
    return report(lambda: measure(chosen))


def measure(chosen: argparse.Namespace) -> None:
    say(machine())
    with Stack({}, kept="desk-year" if chosen.keep else ""):
        from benchmarks.desk import measurement, year  # noqa: PLC0415 -- models can be loaded now

        say(year.kept() or year.make(flights=chosen.flights, bookings=chosen.bookings))
        measurement.measure_pages(chosen.times, only=chosen.only)


if __name__ == "__main__":
    sys.exit(main())
