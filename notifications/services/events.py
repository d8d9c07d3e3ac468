"""Events for integrators' programs.

`record` writes one in the transaction of the change that it tells of: one statement, which writes nothing where the
owner is no integrator. Numbers come afterwards, under a lock that no booking waits for (`publish`), so that what was
committed late has a late number: who reads on from a number misses nothing. A column that counts while a row is
written could not promise that, because a transaction with a low number may commit after one with a high number was
read.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction

from flights_project.gateway.models import User
from flights_project.gateway.roles import Role
from flights_project.lib.statements import execute
from notifications.exceptions import EventsForgotten
from notifications.models import Event, EventLog, EventType, WebhookDelivery
from notifications.querysets import EventQuerySet
from notifications.services import webhooks

BATCH = 1000
INSERT_FOR_INTEGRATORS = """
    INSERT INTO notifications_event (uid, owner_id, type, about, facts, occurred_at)
    SELECT gen_random_uuid(), members.user_id, %s, %s, %s::jsonb, %s
    FROM gateway_user_groups AS members JOIN auth_group ON auth_group.id = members.group_id
    WHERE members.user_id = %s AND auth_group.name = %s
"""
"""By hand: the ORM would ask first and write then."""


def record(*, owner: int, type: EventType, about: str, facts: Mapping[str, Any], now: datetime) -> None:  # noqa: A002
    """Write an event in the running transaction, if `owner` is an integrator.

    `facts` are plain JSON without personal data: they are kept for `EVENTS_KEPT` and sent to other machines.
    """
    row = [type.value, about, orjson.dumps(facts, option=orjson.OPT_UTC_Z).decode(), now]
    execute(INSERT_FOR_INTEGRATORS, [*row, owner, Role.INTEGRATOR.value])


def publish_all(*, now: datetime) -> int:
    """Number every event that has no number; returns how many."""
    owners = list(Event.objects.unnumbered().order_by("owner").values_list("owner", flat=True).distinct())
    return sum(publish(owner=owner, now=now) for owner in owners)


@transaction.atomic
def publish(*, owner: int, now: datetime) -> int:
    """Number an account's new events and write their deliveries; returns how many. Locks the account's log."""
    EventLog.objects.bulk_create([EventLog(owner_id=owner)], ignore_conflicts=True)
    log = EventLog.objects.select_for_update(no_key=True).get(owner=owner)
    events = list(Event.objects.unnumbered().filter(owner=owner).order_by("pk")[:BATCH])
    for sequence, event in enumerate(events, log.last_sequence + 1):
        event.sequence = sequence
    Event.objects.bulk_update(events, ["sequence"])
    EventLog.objects.filter(owner=owner).update(last_sequence=log.last_sequence + len(events))
    webhooks.write_deliveries(owner=owner, events=events, now=now)
    return len(events)


def events_after(*, owner: User, sequence: int | None, now: datetime) -> EventQuerySet:
    """An integrator's events that follow `sequence`, in order, also those of this moment; all that are kept for None.

    Raises EventsForgotten where some of them are not kept any more.
    """
    if Event.objects.unnumbered().filter(owner=owner).exists():
        publish(owner=owner.pk, now=now)
    events = Event.objects.of(owner)
    if sequence is None:
        return events
    earliest = events.values_list("sequence", flat=True).first() or _last_sequence(owner) + 1
    if sequence + 1 < earliest:
        raise EventsForgotten(earliest=earliest - 1)
    return events.filter(sequence__gt=sequence)


def _last_sequence(owner: User) -> int:
    return EventLog.objects.filter(owner=owner).values_list("last_sequence", flat=True).first() or 0


def forget(*, now: datetime) -> int:
    """Delete events and deliveries older than `EVENTS_KEPT`; returns how many rows."""
    too_old = now - settings.EVENTS_KEPT
    pings = WebhookDelivery.objects.filter(event=None, created_at__lt=too_old)
    forgotten = pings.delete()[0]
    old = Event.objects.filter(occurred_at__lt=too_old, sequence__isnull=False).order_by("pk")
    while batch := list(old.values_list("pk", flat=True)[:BATCH]):
        forgotten += Event.objects.filter(pk__in=batch).delete()[0]
    return forgotten
