"""Opens many price streams on one process, changes prices, and measures from the commit to the event in each stream.
Nothing is asserted of time: it prints figures."""

import argparse
import sys

from benchmarks.machine import machine
from benchmarks.stack import Stack
from flights_project.local.run import report, say


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-stream", description=__doc__)
    parser.add_argument("--streams", type=int, nargs="+", default=[1000, 5000], help="open at once (1000 5000)")
    parser.add_argument("--changes", type=int, default=200, help="prices changed at each size (200)")
    chosen = parser.parse_args()
    return report(lambda: measure(chosen.streams, chosen.changes))


def measure(sizes: list[int], changes: int) -> None:
    say(machine())
    with Stack({}) as stack:
        from benchmarks.stream.measurement import measure_all  # noqa: PLC0415 -- models can be loaded now

        measure_all(stack, sizes, changes)


if __name__ == "__main__":
    sys.exit(main())
