"""Measures holds and payments a second over HTTP on the whole stack, and beside it pgbench with the same statements on
the same PostgreSQL. Nothing is asserted of time: it prints figures, and whether they reach what is aimed at."""

import argparse
import sys

from benchmarks.machine import machine
from benchmarks.stack import Stack
from flights_project.local.run import report, say


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-booking", description=__doc__)
    parser.add_argument("--seconds", type=int, default=12, help="of each of the four measurements (12)")
    chosen = parser.parse_args()
    return report(lambda: measure(chosen.seconds))


def measure(seconds: int) -> None:
    say(machine())
    with Stack({}) as stack:
        from benchmarks.booking.measurement import measure_all  # noqa: PLC0415 -- models can be loaded now

        measure_all(stack, seconds)


if __name__ == "__main__":
    sys.exit(main())
