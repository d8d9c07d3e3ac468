"""Measures searches a second over HTTP on the whole stack, beside an empty view and a bare one on the same server.
Nothing is asserted of time: it prints figures, and whether they reach what is aimed at."""

import argparse
import sys

from benchmarks.machine import machine
from benchmarks.stack import Stack
from flights_project.local.run import report, say


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-search", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement (5)")
    parser.add_argument(
        "--flights", type=int, nargs="*", default=[10_000, 100_000, 1_000_000], help="on sale (10000 100000 1000000)"
    )
    parser.add_argument("--minutes", type=float, default=0, help="of the soak at three times the peak (0: none)")
    parser.add_argument("--timetable", action="store_true", help="the flights from New York of 2013 as well")
    chosen = parser.parse_args()
    return report(lambda: measure(chosen))


def measure(chosen: argparse.Namespace) -> None:
    say(machine())
    with Stack({}) as stack:
        from benchmarks.search import catalogue, measurement  # noqa: PLC0415 -- models can be loaded now

        on_sale = catalogue.grow(catalogue.open_sale(), 1)
        if chosen.minutes:
            measurement.measure_soak(stack, on_sale, chosen.minutes)
        if chosen.flights:
            measurement.measure_growth(stack, on_sale, chosen.flights, chosen.seconds)
        if chosen.timetable:
            measurement.measure_timetable(stack, chosen.seconds)


if __name__ == "__main__":
    sys.exit(main())
