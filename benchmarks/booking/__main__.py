"""Measures holds and payments a second over HTTP on the whole stack, and beside it pgbench with the same statements on
the same PostgreSQL. Nothing is asserted of time: it prints figures, and whether they reach what is aimed at."""

import argparse
import os
import platform
import sys
from pathlib import Path

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


def machine() -> str:
    """What it runs on, and what else runs there."""
    facts = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = {line.partition(": ")[2] for line in facts.splitlines() if line.startswith("model name")}
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    name = " ".join(sorted(models)) or platform.processor() or platform.machine()
    return f"{os.cpu_count()} cores, {name}; Python {platform.python_version()}; load before: {load}"


if __name__ == "__main__":
    sys.exit(main())
