"""Telling people things: written in the transaction that causes them, delivered after it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from flights_project.gateway.models import User
from flights_project.lib.calls import Call
from notifications.channels import channel_for, is_open
from notifications.kinds import KINDS, Way
from notifications.models import Message
from notifications.services.limits import is_beyond_limit
from notifications.services.refusals import refused

DELIVERY = Call(task="notifications.tasks.deliver_messages", round_seconds=20, moment=1)


def tell(
    *,
    kind: str,
    subject: str,
    recipient: str,
    context: Mapping[str, Any],
    now: datetime,
    reader: User | None = None,
    phone: str = "",
    useful_until: datetime | None = None,
) -> None:
    """Put one thing to tell into the outbox of the running transaction; a second with the same kind, subject and
    recipient is the same message and changes nothing.

    It goes by every channel of its kind (`kinds.py`) that is open and that there is an address for, unless that
    address refused the kind: to the e-mail address `recipient`, to `phone`, to the inbox of `reader`, in whose
    language it is written. `context` holds plain JSON facts. After `useful_until` it is not sent any more.
    An e-mail beyond what an unconfirmed address is sent in an hour is written as held back.
    """
    language, urgency = reader.language if reader else "", KINDS[kind].urgency
    said = {"kind": kind, "subject": subject, "context": context, "language": language, "urgency": urgency}
    times = {"written_at": now, "due_at": now, "useful_until": useful_until}
    wanted = _wanted(kind, {Way.EMAIL: recipient, Way.SMS: phone, Way.INBOX: str(reader.pk) if reader else ""})
    carried = {way: address for way, address in wanted.items() if not channel_for(way).is_here}
    messages = [Message(way=way, recipient=to, **said, **times) for way, to in (carried or wanted).items()]
    if Way.EMAIL in carried and is_beyond_limit(kind=kind, recipient=recipient, reader=reader, now=now):
        next(each for each in messages if each.way == Way.EMAIL).status = Message.Status.WITHHELD
    if Way.INBOX in wanted:
        messages[0].reader = reader
    _put(messages, are_carried=bool(carried), now=now)


def _wanted(kind: str, addresses: Mapping[Way, str]) -> dict[Way, str]:
    """The ways of a kind that are open, to addresses that there are and that have not refused it."""
    possible = {way: addresses[way] for way in KINDS[kind].ways if addresses[way] and is_open(way)}
    unwanted = refused(kind, possible.values())
    return {way: address for way, address in possible.items() if address not in unwanted}


def _put(messages: Sequence[Message], *, are_carried: bool, now: datetime) -> None:
    """What no channel has to carry has arrived as it is written."""
    if are_carried:
        transaction.on_commit(DELIVERY.out, robust=True)
    else:
        for message in messages:
            message.status, message.sent_at = Message.Status.SENT, now
    Message.objects.bulk_create(messages, ignore_conflicts=True)
