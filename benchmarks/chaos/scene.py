"""From the first program that sells to the last proof. Loaded when Django is set up for the stack."""

import http.client
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from random import Random

from benchmarks.chaos.killing import kill_for
from benchmarks.chaos.proof import CHECKS, totals, unsettled
from benchmarks.chaos.sellers import Journal, Request, Seller, is_final
from benchmarks.client import ApiClient
from benchmarks.stack import Stack
from benchmarks.stock import integrator_key, schedule
from flights_project.local.run import say
from flights_project.local.server import wait_until

SELLERS = 8
FLIGHTS, SEATS, DAYS = 24, 60, 3
SETTLED_WITHIN = 75.0
ANSWERED_WITHIN = 15.0


def play(stack: Stack, *, seconds: int, seed: int) -> list[str]:
    """Every violation there is after so many seconds of killing."""
    days = sorted({str(flight.departs_on) for flight in schedule(flights=FLIGHTS, seats=SEATS, days=DAYS)})
    key, journal = integrator_key(), Journal()
    for name in ("web", "worker", "beat"):
        stack.start(name)
    say(f"{SELLERS} programs search, hold and pay for {seconds} seconds. Meanwhile is killed:")
    clients = [ApiClient(stack.port, key) for _ in range(SELLERS)]
    with selling([Seller(n, client, days=days, journal=journal, seed=seed) for n, client in enumerate(clients)]):
        tell(kill_for(stack, seconds, Random(seed), answered=lambda: journal.answered))  # noqa: S311 -- no secret
    say(f"Sending {len(journal.unanswered)} requests that were never answered again, with their old keys")
    violations = list(send_again(ApiClient(stack.port, key), journal))
    say("Waiting until everything is settled")
    wait_until(lambda: not unsettled(), SETTLED_WITHIN)
    say("The programs were answered:")
    tell(journal.outcomes)
    say(totals())
    return violations + prove(journal)


@contextmanager
def selling(sellers: Sequence[Seller]) -> Iterator[None]:
    for seller in sellers:
        seller.start()
    try:
        yield
    finally:
        for seller in sellers:
            seller.stopping.set()
        for seller in sellers:
            seller.join()


def send_again(client: ApiClient, journal: Journal) -> Iterator[str]:
    """Yields the requests that have no answer now."""

    def is_answered(request: Request) -> bool:
        with suppress(OSError, http.client.HTTPException):
            answer = client.post(request.path, request.body, key=request.key)
            journal.count("again", f"{answer.status} {answer.code}".strip())
            return is_final(answer)
        return False

    for request in journal.unanswered:
        if not wait_until(lambda request=request: is_answered(request), ANSWERED_WITHIN):  # type: ignore[misc]
            yield f"{request.path} with the key {request.key} has no answer still"
    client.close()


def tell(counted: Counter[str]) -> None:
    for what, times in sorted(counted.items()):
        say(f"  {times:6} {what}")


def prove(journal: Journal) -> list[str]:
    """Say of each check whether it holds; returns the violations."""
    say("Proven:")
    violations = []
    for check in CHECKS:
        found = list(check(journal))
        say(f"  {'NOT' if found else 'yes'}  {check.__doc__}")
        violations += found
    return violations
