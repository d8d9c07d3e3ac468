"""Starts everything, kills it under load, waits until all is settled, and proves that nothing is lost, doubled or
stuck. Exits with 1 where that is not so."""

import argparse
import sys
import time

from benchmarks.stack import Stack
from flights_project.local.run import report, say


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seconds", type=int, default=100, help="of killing under load (100)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of what is left to chance")
    chosen = parser.parse_args()
    violations: list[str] = []
    failed = report(lambda: violations.extend(chaos(chosen.seconds, chosen.seed)))
    return failed or int(bool(violations))


def chaos(seconds: int, seed: int) -> list[str]:
    say(f"Starting PostgreSQL, Valkey, web, worker and beat (seed {seed})")
    with Stack({"DJANGO_SETTINGS_MODULE": "benchmarks.chaos.settings"}) as stack:
        from benchmarks.chaos.scene import play  # noqa: PLC0415 -- models can be loaded now

        violations = play(stack, seconds=seconds, seed=seed)
    say(f"{len(violations)} violations" if violations else "Nothing is lost, doubled or stuck.")
    for violation in violations:
        say(f"  {violation}")
    return violations


if __name__ == "__main__":
    sys.exit(main())
