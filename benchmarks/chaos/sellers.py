"""Programs that search, hold and pay without a break, whatever happens to the servers, and write down what they were
told: that is what must still be true at the end."""

import http.client
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, cycle
from random import Random
from typing import Any
from uuid import UUID

from django.db import Error, connection
from django.utils import timezone

from benchmarks.client import Answer, ApiClient, somebody
from bookings.gateways.sandbox import SandboxGateway
from flights_project.local.server import wait_until

TOKENS = ("tok_ok", "tok_error", "tok_ok", "tok_slow", "tok_ok", "tok_3ds", "tok_declined", "tok_unheard_of")
INSISTS_FOR = 12.0
"""Seconds in which a request is sent again and again with its key; then it is left to be tried at the end."""
NEVER_PAYS, CANCELS = 0.1, 0.4
WALKS_AWAY = 0.3
"""How often a seller gives up at once when no answer comes."""


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    body: Mapping[str, Any]
    key: str


@dataclass
class Journal:
    """What all sellers were told."""

    outcomes: Counter[str] = field(default_factory=Counter)
    held: list[str] = field(default_factory=list)
    paid: list[str] = field(default_factory=list)
    unanswered: list[Request] = field(default_factory=list)

    @property
    def answered(self) -> int:
        """How many bookings were held and paid."""
        return len(self.held) + len(self.paid)

    def count(self, request: str, outcome: str) -> None:
        self.outcomes[f"{request}: {outcome}"] += 1


class Seller(threading.Thread):
    """One program with a connection and a chance of its own."""

    def __init__(self, number: int, client: ApiClient, *, days: Sequence[str], journal: Journal, seed: int) -> None:
        super().__init__(name=f"seller {number}", daemon=True)
        self.stopping = threading.Event()
        self._client = client
        self._chance = Random(f"{seed} {number}")  # noqa: S311 -- no secret
        self._days = days
        self._journal = journal
        self._keys = (f"seller-{number}-{n}" for n in count())
        self._tokens = cycle(TOKENS[number % len(TOKENS) :] + TOKENS[: number % len(TOKENS)])

    def run(self) -> None:
        while not self.stopping.is_set():
            self._sell()
        connection.close()

    def _sell(self) -> None:
        offer = self._find()
        locator = offer and self._hold(offer)
        if not locator or self._chance.random() < NEVER_PAYS:
            return
        payment = self._pay(locator, next(self._tokens))
        if payment and payment["challenge_url"]:
            self._answer_challenge(payment["id"])
        if payment and payment["status"] == "failed":
            payment = self._pay(locator, "tok_ok")
        if payment and payment["status"] == "succeeded" and self._chance.random() < CANCELS:
            self._cancel(locator)

    def _find(self) -> str | None:
        day = self._chance.choice(self._days)
        answer = self._once("search", lambda: self._client.get(f"search/?origin=DEL&destination=BOM&depart_on={day}"))
        offers = answer.body["results"] if answer and answer.status == http.client.OK else []
        return str(self._chance.choice(offers)["offer"]) if offers else None

    def _hold(self, offer: str) -> str | None:
        body = {"offer": offer, "passengers": [somebody()], "contact": {"email": "partner@example.com"}}
        booking = self._insist("hold", "bookings/", body)
        if booking:
            self._journal.held.append(booking["locator"])
        return str(booking["locator"]) if booking else None

    def _pay(self, locator: str, token: str) -> dict[str, Any] | None:
        body = {"gateway": "sandbox", "token": token}
        payment = self._insist(f"pay {token}", f"bookings/{locator}/payments/", body)
        if payment and payment["status"] == "succeeded":
            self._journal.paid.append(payment["id"])
        return payment

    def _cancel(self, locator: str) -> None:
        path = f"bookings/{locator}/cancellation-quotes/"
        quote = self._once("quote", lambda: self._client.post(path, {}, key=next(self._keys)))
        if quote and quote.status == http.client.CREATED:
            confirm = f"{path}{quote.body['id']}/confirm/"
            self._once("cancel", lambda: self._client.post(confirm, {}, key=next(self._keys)))

    def _answer_challenge(self, payment: str) -> None:
        """As the bank's page does: approved, declined, or left open until the bank gives up."""
        choice = self._chance.choice([True, False, None])
        if choice is None:
            return
        try:
            SandboxGateway.answer_challenge(key=UUID(payment), approve=choice, now=timezone.now())
        except Error:  # the database is down: the bank's page stays open
            connection.close()

    def _insist(self, what: str, path: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """Send the same request until it is answered; returns what was made, if anything was."""
        request = Request(path, body, next(self._keys))
        answers: list[Answer] = []

        def answered() -> bool:
            answer = self._once(what, lambda: self._client.post(path, body, key=request.key))
            if answer and is_final(answer):
                answers.append(answer)
            return bool(answers) or self.stopping.is_set() or self._chance.random() < WALKS_AWAY

        wait_until(answered, INSISTS_FOR)
        if not answers:
            self._journal.unanswered.append(request)
        made = answers and answers[0].status == http.client.CREATED
        return dict(answers[0].body) if made else None

    def _once(self, what: str, send: Any) -> Answer | None:
        try:
            answer: Answer = send()
        except (OSError, http.client.HTTPException):
            self._journal.count(what, "no answer")
            self.stopping.wait(0.2)
            return None
        self._journal.count(what, f"{answer.status} {answer.code}".strip())
        return answer


def is_final(answer: Answer) -> bool:
    """Whether a program would stop asking."""
    return answer.status < http.client.INTERNAL_SERVER_ERROR and answer.code != "request_in_progress"
