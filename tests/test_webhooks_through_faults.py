"""The process `webhooks` as it is run, killed at the worst moment."""

import os
import signal
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from flights_project.gateway.models import User
from flights_project.local.lifetime import Servers
from flights_project.local.process import Process, tree_of
from flights_project.local.server import wait_until
from notifications.models import EventType, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notifications.services import events, webhooks
from notifications.tests.receiver import Receiver

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("messages through faults")]

IN_TIME = 300.0
"""Seconds after which the test gives up; a round comes every two."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def environment(of_this_database: dict[str, str], broker: Servers) -> dict[str, str]:
    return of_this_database | {"REDIS_URL": broker.valkey.url, "LOG_LEVEL": "WARNING"}


def delivered() -> bool:
    return WebhookDelivery.objects.filter(status="delivered").exists()


def test_what_was_sent_and_not_recorded_is_sent_again_as_the_same_message(
    receiver: Receiver, integrator: User, environment: dict[str, str], tmp_path: Path
) -> None:
    endpoint = webhooks.create_endpoint(owner=integrator, url=receiver.url("/hook"), events=["booking.held"])
    events.record(
        owner=integrator.pk,
        type=EventType.BOOKING_HELD,
        about="KV2T9X",
        facts={"locator": "KV2T9X"},
        now=timezone.now(),
    )
    first, second = (Process("webhooks", tmp_path, environment) for _ in range(2))
    killed: list[int] = []

    def kill_it(handler: BaseHTTPRequestHandler) -> None:
        """The webhook has arrived; who sent it never hears of it."""
        assert first.pid is not None
        receiver.answers.clear()
        killed.extend(tree_of(first.pid))
        for pid in killed:
            os.kill(pid, signal.SIGKILL)

    receiver.answers["/hook"] = kill_it
    with Process("beat", tmp_path, environment):
        with first:
            assert wait_until(lambda: bool(killed), IN_TIME)
        assert WebhookDelivery.objects.get().status == "waiting"
        assert not WebhookAttempt.objects.exists()

        WebhookEndpoint.objects.update(served_until=timezone.now())  # the lease runs out
        with second:
            assert wait_until(delivered, IN_TIME)

    once, again = receiver.received
    assert once.headers["webhook-id"] == again.headers["webhook-id"]
    assert once.body == again.body
    for sent in (once, again):
        Webhook(webhooks.secrets_of(endpoint, timezone.now())[0]).verify(sent.body, sent.headers)
