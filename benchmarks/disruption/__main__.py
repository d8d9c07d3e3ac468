"""Cancels a full flight as staff do, and waits until a worker has moved every booking and a mail server has taken every
letter. In the middle the worker is killed, and another goes on. Nothing may be lost: it ends with `reconcile`."""

import argparse
import sys

from benchmarks.machine import machine
from benchmarks.notifications.mail_sink import MailSink
from benchmarks.stack import Stack
from flights_project.local.run import report, say


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-disruption", description=__doc__)
    parser.add_argument("--calm", action="store_true", help="do not kill the worker")
    chosen = parser.parse_args()
    return report(lambda: measure(kill=not chosen.calm))


def measure(*, kill: bool) -> None:
    say(machine())
    with MailSink() as sink, Stack(sink.deployment) as stack:
        from benchmarks.disruption.measurement import disrupt  # noqa: PLC0415 -- models can be loaded now

        disrupt(stack, sink, kill=kill)


if __name__ == "__main__":
    sys.exit(main())
