"""Webhooks: signed, sent at least once, tried for 72 hours, and nobody held up by a receiver that hangs."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError
from time_machine import travel

from flights_project.lib.errors import InvalidRequest
from notifications.exceptions import EndpointNotEnabled, TooManyEndpoints
from notifications.models import EventType, Message, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notifications.services import receivers, webhook_delivery, webhooks
from notifications.services.events import publish_all, record
from notifications.services.receivers import Answer
from notifications.services.webhook_delivery import TRY_AGAIN_AFTER, claim, deliver_due

pytestmark = pytest.mark.django_db

WELL, BROKEN, IS_GONE = Answer(200, "", 12), Answer(500, "", 12), Answer(410, "", 12)


@pytest.fixture
def endpoint_at(integrator, receiver):
    def endpoint_at(path="/hook", owner=integrator, events=("booking.held",)):
        return webhooks.create_endpoint(owner=owner, url=receiver.url(path), events=events)

    return endpoint_at


@pytest.fixture
def happen(integrator, now):
    def happen(about="KV2T9X", kind=EventType.BOOKING_HELD, owner=integrator):
        record(owner=owner.pk, type=kind, about=about, facts={"locator": about}, now=timezone.now())
        publish_all(now=timezone.now())

    return happen


@pytest.fixture
def answer(now):
    """Has the next claim answered so, without a network; returns when its delivery is tried again, if it is."""

    def answer(*answers, at=now):
        claimed = claimed_at(at)
        webhook_delivery.record(claim=claimed, answers=list(answers), now=at)
        delivery = WebhookDelivery.objects.get(pk=claimed.deliveries[0].pk)
        return delivery.due_at if delivery.status == "waiting" else None

    return answer


def claimed_at(now):
    claimed = claim(now=now)
    assert claimed is not None
    return claimed


def deliver():
    return deliver_due(seconds=20)


def paths(receiver):
    return sorted(each.path for each in receiver.received)


class TestWhatIsSent:
    def test_an_event_that_was_chosen_is_sent_once(self, endpoint_at, happen, receiver):
        endpoint_at()
        happen("KV2T9X")
        happen("KV2T9X", kind=EventType.BOOKING_EXPIRED)

        assert deliver() == 1
        assert deliver() == 0

        [sent] = receiver.received
        assert json.loads(sent.body) == {
            "id": sent.headers["webhook-id"],
            "type": "booking.held",
            "timestamp": "2026-11-20T06:30:00Z",
            "sequence": 1,
            "data": {"locator": "KV2T9X"},
        }
        assert WebhookDelivery.objects.get().status == "delivered"

    def test_it_is_signed_as_standard_webhooks_say(self, endpoint_at, happen, receiver, now):
        secret = webhooks.secrets_of(endpoint_at(), now)[0]
        happen()
        deliver()

        [sent] = receiver.received
        assert Webhook(secret).verify(sent.body, sent.headers)["type"] == "booking.held"
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(sent.body.replace("KV2T9X", "FORGED"), sent.headers)

    def test_while_a_secret_is_replaced_both_sign(self, endpoint_at, happen, receiver, now, settings):
        endpoint = endpoint_at()
        [old] = webhooks.secrets_of(endpoint, now)
        webhooks.rotate_secret(endpoint=endpoint, now=now)
        new = webhooks.secrets_of(endpoint, now)[0]
        happen()
        deliver()

        [sent] = receiver.received
        assert old != new
        assert Webhook(old).verify(sent.body, sent.headers) == Webhook(new).verify(sent.body, sent.headers)
        assert webhooks.secrets_of(endpoint, now + settings.WEBHOOK_SECRET_OVERLAP) == [new]

    def test_a_new_key_of_ours_leaves_the_secrets_of_the_one_before(self, endpoint_at, now, settings):
        [old] = webhooks.secrets_of(endpoint_at(), now)
        endpoint = WebhookEndpoint.objects.get()

        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10

        new, kept = webhooks.secrets_of(endpoint, now)
        assert kept == old
        assert new != old

    def test_each_endpoint_has_its_own_secret(self, endpoint_at, now):
        assert webhooks.secrets_of(endpoint_at(), now) != webhooks.secrets_of(endpoint_at(), now)

    def test_nobody_is_sent_what_happened_to_others(self, endpoint_at, happen, stranger, integrator, receiver):
        stranger.groups.set(integrator.groups.all())
        endpoint_at("/mine")
        endpoint_at("/theirs", owner=stranger)
        happen()
        deliver()

        assert paths(receiver) == ["/mine"]


class TestTryingAgain:
    def test_for_about_72_hours_and_then_no_more(self, endpoint_at, happen, answer, now):
        endpoint_at()
        happen()
        waits, at = [], now
        while due_at := answer(BROKEN, at=at):
            waits.append(due_at - at)
            at = due_at

        assert len(waits) == len(TRY_AGAIN_AFTER)
        for waited, planned in zip(waits, TRY_AGAIN_AFTER, strict=True):
            assert 0.9 * planned <= waited <= 1.1 * planned
        assert timedelta(hours=64) < at - now < timedelta(hours=79)
        delivery = WebhookDelivery.objects.get()
        assert (delivery.status, delivery.attempts.count()) == ("failed", 11)

    def test_what_failed_together_is_not_tried_together(self, endpoint_at, happen, now):
        endpoint_at()
        for n in range(5):
            happen(f"BOOK{n:02}")
        webhook_delivery.record(claim=claimed_at(now), answers=[BROKEN] * 5, now=now)

        assert len(set(WebhookDelivery.objects.values_list("due_at", flat=True))) == 5

    @pytest.mark.parametrize("status", [301, 307, 400, 404, 500])
    def test_only_2xx_is_an_answer(self, endpoint_at, happen, receiver, status):
        receiver.answers["/hook"] = status
        endpoint_at()
        happen()

        assert deliver() == 0
        delivery = WebhookDelivery.objects.get()
        assert (delivery.status, delivery.attempts.get().status_code) == ("waiting", status)

    def test_a_redirect_is_no_way_in(self, endpoint_at, happen, receiver):
        receiver.answers["/hook"] = receiver.redirect_to(receiver.url("/elsewhere"))
        endpoint_at()
        happen()
        deliver()

        assert paths(receiver) == ["/hook"]

    def test_what_was_given_up_can_be_sent_once_more(self, endpoint_at, happen, receiver, now):
        endpoint_at()
        happen()
        WebhookDelivery.objects.update(status="failed", tries=11)

        webhooks.redeliver(delivery=WebhookDelivery.objects.get(), now=now)

        assert deliver() == 1
        assert WebhookDelivery.objects.get().tries == 1


class TestBadReceivers:
    def test_who_hangs_holds_up_nobody(self, endpoint_at, happen, receiver, monkeypatch):
        """While one receiver has not answered, another is served and its answer recorded."""
        monkeypatch.setattr(receivers, "ANSWERS_WITHIN", 3)

        def answer_while_another_hangs(handler):
            assert receiver.hanging.acquire(timeout=20)
            handler.send_response(204)
            handler.end_headers()

        receiver.answers |= {"/hangs": receiver.hang, "/well": answer_while_another_hangs}
        endpoint_at("/hangs")
        endpoint_at("/well")
        happen()

        assert deliver() == 1
        first, last = WebhookAttempt.objects.all()
        assert (first.delivery.endpoint.url, first.status_code) == (receiver.url("/well"), 204)
        assert (last.delivery.endpoint.url, last.error) == (receiver.url("/hangs"), "no answer within 3 seconds")

    def test_an_endpoint_is_called_a_few_times_at_once_and_no_more(self, endpoint_at, happen, now):
        endpoint_at()
        for n in range(webhook_delivery.AT_ONCE + 2):
            happen(f"BOOK{n:02}")

        assert len(claimed_at(now).deliveries) == webhook_delivery.AT_ONCE
        assert claim(now=now) is None

    def test_410_switches_the_endpoint_off_and_its_owner_is_told(self, endpoint_at, happen, receiver, integrator):
        receiver.answers["/hook"] = 410
        endpoint_at()
        happen("KV2T9X")
        deliver()
        happen("KV2T9Y")

        assert deliver() == 0
        assert len(receiver.received) == 1
        assert WebhookEndpoint.objects.get().status == "gone"
        assert Message.objects.filter(kind="webhook_switched_off", recipient=integrator.email).count() == 1

    def test_failing_for_days_switches_it_off_and_its_owner_is_told(self, endpoint_at, happen, answer, now, integrator):
        endpoint_at()
        happen()
        at = now
        while due_at := answer(BROKEN, at=at):
            assert WebhookEndpoint.objects.get().status == "enabled"
            at = due_at

        assert WebhookEndpoint.objects.get().status == "failing"
        told = Message.objects.get(kind="webhook_switched_off", way="email")
        assert (told.recipient, told.context["since"]) == (integrator.email, "20 Nov 2026, 06:30")

    def test_one_good_answer_in_these_days_keeps_it(self, endpoint_at, happen, answer, now):
        endpoint_at()
        happen("FAILS1")
        at, fine = now, False
        while due_at := answer(BROKEN, at=at):
            at = due_at
            if not fine and at - now > timedelta(hours=24):
                fine = True
                WebhookEndpoint.objects.update(failing_since=None)  # as another delivery's good answer leaves it

        assert WebhookEndpoint.objects.get().status == "enabled"

    def test_what_waits_is_sent_when_its_owner_enables_it_again(self, endpoint_at, happen, receiver):
        receiver.answers["/hook"] = 410
        endpoint = endpoint_at()
        happen()
        deliver()
        receiver.answers["/hook"] = 200
        endpoint.refresh_from_db()
        webhooks.change_endpoint(endpoint=endpoint, status="enabled")

        with travel(timezone.now() + timedelta(minutes=1), tick=False):
            assert deliver() == 1


class TestWorkers:
    def test_what_a_killed_worker_had_is_sent_by_the_next(self, endpoint_at, happen, receiver, now):
        endpoint_at()
        happen()
        assert claimed_at(now).deliveries  # and the worker dies here

        assert deliver() == 0
        with travel(now + webhook_delivery.LEASE, tick=False):
            assert deliver() == 1

    def test_a_worker_that_died_after_sending_sends_the_same_message_again(self, endpoint_at, happen, receiver, now):
        endpoint_at()
        happen()
        claimed = claimed_at(now)
        with receivers.Sender() as sender:
            sender.send(webhook_delivery.posts_of(claimed, now)).result(timeout=20)  # and the worker dies here

        with travel(now + webhook_delivery.LEASE, tick=False):
            deliver()

        first, second = receiver.received
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body

    def test_an_endpoint_that_is_deleted_while_it_is_called_is_forgotten(self, endpoint_at, happen, now):
        endpoint = endpoint_at()
        happen()
        claimed = claimed_at(now)
        endpoint.delete()

        assert webhook_delivery.record(claim=claimed, answers=[WELL], now=now) == 0

    @pytest.mark.django_db(transaction=True)
    def test_two_workers_never_have_the_same_endpoint(self, endpoint_at, happen, now):
        """The first still holds its row when the second looks: it neither waits nor takes it."""
        endpoint_at()
        happen()
        second = []

        def work():
            try:
                second.append(claim(now=now))
            finally:
                connection.close()

        with transaction.atomic():
            assert claim(now=now) is not None
            worker = threading.Thread(target=work)
            worker.start()
            worker.join(20)

        assert second == [None]

    @pytest.mark.parametrize("waiting", [1, 40])
    def test_claiming_costs_the_same_for_one_and_for_many(
        self, endpoint_at, happen, now, waiting, django_assert_num_queries
    ):
        endpoint_at()
        for n in range(waiting):
            happen(f"BOOK{n:02}")

        with django_assert_num_queries(5):
            assert claim(now=now)


class TestEndpoints:
    @pytest.mark.parametrize(
        "url",
        [
            "http://hooks.example.com/",
            "ftp://hooks.example.com/",
            "https://user:password@hooks.example.com/",
            "https://hooks.example.com/#part",
            "https://localhost/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://höoks.example.com/",
        ],
    )
    def test_addresses_that_cannot_be_meant_are_refused_at_once(self, integrator, settings, url):
        settings.WEBHOOK_PRIVATE_ADDRESSES = False

        with pytest.raises(InvalidRequest) as error:
            webhooks.create_endpoint(owner=integrator, url=url, events=["booking.held"])

        assert list(error.value.errors) == ["url"]

    def test_there_is_a_limit(self, endpoint_at, settings):
        settings.WEBHOOK_ENDPOINTS_PER_INTEGRATOR = 2
        endpoint_at()
        endpoint_at()

        with pytest.raises(TooManyEndpoints):
            endpoint_at()

    def test_nothing_is_written_for_one_that_is_paused(self, endpoint_at, happen):
        webhooks.change_endpoint(endpoint=endpoint_at(), status="paused")
        happen()

        assert not WebhookDelivery.objects.exists()

    def test_one_that_is_paused_is_not_tried(self, endpoint_at, now):
        endpoint = endpoint_at()
        webhooks.change_endpoint(endpoint=endpoint, status="paused")

        with pytest.raises(EndpointNotEnabled):
            webhooks.ping(endpoint=endpoint, now=now)
