"""Endpoints of integrators: making, changing, signing for, and what is on its way to them."""

import base64
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F

from flights_project.gateway.models import User
from flights_project.lib.errors import InvalidRequest
from notifications.exceptions import EndpointNotEnabled, TooManyEndpoints
from notifications.models import Event, WebhookDelivery, WebhookEndpoint
from notifications.services.receivers import is_allowed, literal_address


@transaction.atomic
def create_endpoint(*, owner: User, url: str, events: Sequence[str], description: str = "") -> WebhookEndpoint:
    """An endpoint that is sent `events` from now on. Raises InvalidRequest for its address, TooManyEndpoints.

    Locks the owner, so that two requests at once cannot both be the last one allowed.
    """
    _check_url(url)
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if WebhookEndpoint.objects.of(owner).count() >= settings.WEBHOOK_ENDPOINTS_PER_INTEGRATOR:
        raise TooManyEndpoints(limit=settings.WEBHOOK_ENDPOINTS_PER_INTEGRATOR)
    return WebhookEndpoint.objects.create(owner=owner, url=url, events=list(events), description=description)


def change_endpoint(*, endpoint: WebhookEndpoint, **changes: Any) -> WebhookEndpoint:
    """Change `url`, `events`, `description` or `status` (`enabled` or `paused`). Raises InvalidRequest.

    What waits for an endpoint that is enabled again is sent to it.
    """
    if "url" in changes:
        _check_url(changes["url"])
    if changes.get("status") == WebhookEndpoint.Status.ENABLED:
        changes["failing_since"] = None
    for name, value in changes.items():
        setattr(endpoint, name, value)
    endpoint.save(update_fields=list(changes))
    return endpoint


def rotate_secret(*, endpoint: WebhookEndpoint, now: datetime) -> WebhookEndpoint:
    """A new secret; for `WEBHOOK_SECRET_OVERLAP` the one before signs too, and the one before that no more."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        secret_version=F("secret_version") + 1, previous_secret_until=now + settings.WEBHOOK_SECRET_OVERLAP
    )
    endpoint.refresh_from_db()
    return endpoint


def secrets_of(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """The secrets that sign at `now`, as the Standard Webhooks libraries take them; the newest first.

    They follow from `SECRET_KEY`, so that nobody finds them in the database. Where that key is changed, the secrets
    of `SECRET_KEY_FALLBACKS` go on signing until integrators have fetched their new ones.
    """
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [_secret(endpoint, version, key) for version in endpoint.secret_versions(now) for key in keys]


def _secret(endpoint: WebhookEndpoint, version: int, key: str) -> str:
    digest = hmac.digest(key.encode(), f"webhook {endpoint.pk} {version}".encode(), sha256)
    return "whsec_" + base64.b64encode(digest).decode()


def ping(*, endpoint: WebhookEndpoint, now: datetime) -> WebhookDelivery:
    """A test, sent like everything else. Raises EndpointNotEnabled."""
    _refuse_disabled(endpoint)
    return WebhookDelivery.objects.create(endpoint=endpoint, event=None, created_at=now, due_at=now)


def redeliver(*, delivery: WebhookDelivery, now: datetime) -> WebhookDelivery:
    """Send once more, whatever became of it, and try for another 72 hours. Raises EndpointNotEnabled."""
    _refuse_disabled(delivery.endpoint)
    delivery.status, delivery.due_at, delivery.tries = WebhookDelivery.Status.WAITING, now, 0
    delivery.delivered_at = None
    delivery.save(update_fields=["status", "due_at", "tries", "delivered_at"])
    return delivery


def write_deliveries(*, owner: int, events: Iterable[Event], now: datetime) -> None:
    """Put events in the way of the owner's endpoints that chose them."""
    endpoints = list(WebhookEndpoint.objects.enabled().filter(owner=owner))
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint=endpoint, event=event, created_at=now, due_at=now)
        for event in events
        for endpoint in endpoints
        if event.type in endpoint.events
    )


def _refuse_disabled(endpoint: WebhookEndpoint) -> None:
    if endpoint.status != WebhookEndpoint.Status.ENABLED:
        raise EndpointNotEnabled(status=endpoint.status)


def _check_url(url: str) -> None:
    """What can be said without asking the network; what a name leads to is checked with every connection."""
    reason = _why_not(url)
    if reason:
        raise InvalidRequest({"url": [reason]})


def _why_not(url: str) -> str:
    try:
        parts = urlsplit(url)
        port_is_known = parts.port != 0
    except ValueError:
        port_is_known = False
    private = settings.WEBHOOK_PRIVATE_ADDRESSES
    if not port_is_known or not url.isascii():
        return "Write a host name in ASCII (xn--…) and a port from 1 to 65535, if any."
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        return "Webhooks are sent over https only."
    if parts.username or parts.password or parts.fragment:
        return "Leave out user name, password and fragment: webhooks are told from others by their signature."
    address = literal_address(parts.hostname or "")
    if (parts.hostname == "localhost" and not private) or (address and not is_allowed(address)):
        return "This address is not on the public internet."
    return ""
