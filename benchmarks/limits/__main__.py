"""Calls the search with limits on, over 16 connections: honest programs at their pace, and beside them a program that
asks for too much, one with made-up keys and one without any. Counts what was let through against what the buckets hold.
"""

import argparse
import sys

from benchmarks.machine import machine
from benchmarks.stack import Stack
from flights_project.local.run import report, say

SETTINGS = {"RATE_LIMITS": "on", "SEARCH_CACHE_MB": "0"}
"""Every search is made: one that is kept would cost less than its limit."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-limits", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15, help="of each of the two measurements (15)")
    chosen = parser.parse_args()
    return report(lambda: measure(chosen.seconds))


def measure(seconds: float) -> None:
    say(machine())
    with Stack(SETTINGS) as stack:
        from benchmarks.limits.measurement import measure_all  # noqa: PLC0415 -- models can be loaded now

        measure_all(stack, seconds)


if __name__ == "__main__":
    sys.exit(main())
