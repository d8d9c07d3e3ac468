"""Sending webhooks: each at least once, and nobody waits for a receiver that hangs.

A worker takes one endpoint at a time from those that something is due for (`SKIP LOCKED`), leases it, sends a few of
its deliveries outside the transaction and records how they ended. So an endpoint is called by one worker only and with
`AT_ONCE` calls at most, and a worker has room for many endpoints that hang. What a killed worker had is due again when
its lease runs out; receivers know a repetition by its id.
"""

import secrets
import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from standardwebhooks import Webhook

from notifications.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notifications.services.events import publish_all
from notifications.services.outbox import tell
from notifications.services.receivers import Answer, Post, Sender
from notifications.services.webhooks import secrets_of

log = structlog.get_logger(__name__)

AT_ONCE = 5
"""Calls to one endpoint at a time."""
ENDPOINTS_AT_ONCE = 50
"""Endpoints that one worker has in hand."""
LEASE = timedelta(minutes=1)
"""Longer than `receivers.ANSWERS_WITHIN` and the recording after it."""
LOOK_AGAIN = 0.5
"""Seconds after which a worker that waits for answers looks for what has come due."""
TRY_AGAIN_AFTER = [
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 18, 22)),
]
"""Waits after the first try and those that follow: about 72 hours in all."""
JITTER = 0.1
"""A tenth earlier or later, so that what failed together is not tried together."""
FAILS_FOR_DAYS = sum(TRY_AGAIN_AFTER, timedelta()) * (1 - JITTER)
"""How long a delivery is tried at least."""
GONE = 410


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker has in hand for one endpoint."""

    endpoint: WebhookEndpoint
    deliveries: list[WebhookDelivery]


def deliver_due(*, seconds: float) -> int:
    """Send what is due and what comes due meanwhile, until nothing is left or `seconds` are over; returns how many
    posts were answered well."""
    ends, delivered = time.monotonic() + seconds, 0
    in_flight: dict[Future[list[Answer]], Claim] = {}
    with Sender() as sender:
        while True:
            if time.monotonic() < ends:
                publish_all(now=timezone.now())
                _fill(in_flight, sender)
            if not in_flight:
                return delivered
            answered, _waiting = wait(in_flight, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
            for future in answered:
                delivered += record(claim=in_flight.pop(future), answers=future.result(), now=timezone.now())


def _fill(in_flight: dict["Future[list[Answer]]", Claim], sender: Sender) -> None:
    while len(in_flight) < ENDPOINTS_AT_ONCE and (claimed := claim(now=timezone.now())):
        in_flight[sender.send(posts_of(claimed, timezone.now()))] = claimed


@transaction.atomic
def claim(*, now: datetime) -> Claim | None:
    """An endpoint that something is due for, ours for the length of the lease, with the first of it."""
    due = WebhookDelivery.objects.due(now)
    waits = Exists(due.filter(endpoint=OuterRef("pk")))
    free = WebhookEndpoint.objects.to_serve(now).filter(waits).select_for_update(skip_locked=True, no_key=True)
    endpoint = free.first()
    if endpoint is None:
        return None
    endpoint.served_until = now + LEASE
    endpoint.save(update_fields=["served_until"])
    return Claim(endpoint, list(due.filter(endpoint=endpoint).select_related("event")[:AT_ONCE]))


def posts_of(claimed: Claim, now: datetime) -> list[Post]:
    """The signed requests (Standard Webhooks 1.0); while a secret is replaced, both sign."""
    signers = [Webhook(secret) for secret in secrets_of(claimed.endpoint, now)]
    return [_post(claimed.endpoint.url, delivery, signers, now) for delivery in claimed.deliveries]


def _post(url: str, delivery: WebhookDelivery, signers: list[Webhook], now: datetime) -> Post:
    payload = delivery.payload
    message_id, body = str(payload["id"]), orjson.dumps(payload, option=orjson.OPT_UTC_Z)
    headers: dict[str | bytes, str | bytes] = {
        "Content-Type": "application/json",
        "User-Agent": f"{settings.AIRLINE_NAME} webhooks".encode("ascii", "ignore").decode(),
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signer.sign(message_id, now, body.decode()) for signer in signers),
    }
    return Post(url, headers, body)


@transaction.atomic
def record(*, claim: Claim, answers: list[Answer], now: datetime) -> int:
    """Write how each delivery ended and what that says of the endpoint; returns how many were answered well."""
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=claim.endpoint.pk).first()
    if endpoint is None:  # deleted meanwhile
        return 0
    delivered = 0
    for delivery, answer in zip(claim.deliveries, answers, strict=True):
        WebhookAttempt.objects.create(
            delivery=delivery, at=now, status_code=answer.status, error=answer.error, milliseconds=answer.milliseconds
        )
        delivered += _move_on(delivery, answer, now)
    endpoint.served_until = now
    _judge(endpoint, claim.deliveries, answers, now)
    endpoint.save(update_fields=["served_until", "failing_since", "status"])
    return delivered


def _move_on(delivery: WebhookDelivery, answer: Answer, now: datetime) -> bool:
    """Delivered, or tried again later, or given up after the last try."""
    delivery.tries += 1
    done = is_success(answer)
    if done:
        delivery.status, delivery.delivered_at = WebhookDelivery.Status.DELIVERED, now
    elif delivery.tries > len(TRY_AGAIN_AFTER):
        delivery.status = WebhookDelivery.Status.FAILED
    else:
        early_or_late = 1 + JITTER * secrets.SystemRandom().uniform(-1, 1)
        delivery.due_at = now + TRY_AGAIN_AFTER[delivery.tries - 1] * early_or_late
    delivery.save(update_fields=["status", "due_at", "tries", "delivered_at"])
    return done


def is_success(answer: Answer) -> bool:
    """2xx and nothing else: a redirect would lead to where nobody has checked."""
    return answer.status is not None and 200 <= answer.status < 300  # noqa: PLR2004 -- as HTTP counts


def _judge(endpoint: WebhookEndpoint, deliveries: list[WebhookDelivery], answers: list[Answer], now: datetime) -> None:
    """Switch off who says that it is gone, and who has answered nothing well while a delivery was tried to its end."""
    given_up = [each for each in deliveries if each.status == WebhookDelivery.Status.FAILED]
    if any(map(is_success, answers)):
        endpoint.failing_since = None
    elif answers:
        endpoint.failing_since = endpoint.failing_since or now
    if endpoint.status != WebhookEndpoint.Status.ENABLED:
        return
    if any(answer.status == GONE for answer in answers):
        _switch_off(endpoint, WebhookEndpoint.Status.GONE, now)
    elif given_up and endpoint.failing_since and now - endpoint.failing_since >= FAILS_FOR_DAYS:
        _switch_off(endpoint, WebhookEndpoint.Status.FAILING, now)


def _switch_off(endpoint: WebhookEndpoint, status: WebhookEndpoint.Status, now: datetime) -> None:
    endpoint.status = status
    since = endpoint.failing_since or now
    log.warning("webhook_endpoint_switched_off", endpoint=str(endpoint.pk), status=status.value)
    tell(
        kind="webhook_switched_off",
        subject=f"{endpoint.pk} {now:%Y%m%d%H%M%S}",
        recipient=endpoint.owner.email,
        context={
            "url": endpoint.url,
            "reason": status.value,
            "since": f"{since:%-d %b %Y, %H:%M}",
            "days": settings.EVENTS_KEPT.days,
        },
        reader=endpoint.owner,
        now=now,
    )
