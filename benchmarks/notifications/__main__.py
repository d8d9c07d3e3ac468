"""Measures delivery by the worker of the Procfile to a mail server on this machine, and the claim beside a table of
sent messages. Nothing is asserted of time: it prints figures, and whether they reach what is aimed at."""

import argparse
import sys

from benchmarks.machine import machine
from benchmarks.notifications.mail_sink import MailSink
from benchmarks.stack import Stack
from flights_project.local.run import report, say

MESSAGES, SENT = 15_000, 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-notifications", description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES, help=f"to drain ({MESSAGES})")
    parser.add_argument("--sent", type=int, default=SENT, help=f"sent ones in the table ({SENT})")
    chosen = parser.parse_args()
    return report(lambda: measure(chosen.messages, chosen.sent))


def measure(messages: int, sent: int) -> None:
    say(machine())
    with MailSink() as sink, Stack(sink.deployment) as stack:
        from benchmarks.notifications.measurement import measure_all  # noqa: PLC0415 -- models can be loaded now

        measure_all(stack, sink, messages=messages, sent=sent)


if __name__ == "__main__":
    sys.exit(main())
