"""What one person was told: shown to them, and erased when they leave."""

from collections.abc import Iterable

from django.db.models import Q

from flights_project.gateway.models import User
from notifications.models import KeptMail, Message, Refusal
from notifications.querysets import MessageQuerySet
from notifications.services.refusals import addresses_of


def messages_to(user: User, *, phones: Iterable[str] = ()) -> MessageQuerySet:
    """The messages to somebody's address, however it was typed, inbox and `phones`, the newest first."""
    return Message.objects.filter(
        Q(recipient__iexact=user.email) | Q(reader=user) | Q(way="sms", recipient__in=list(phones))
    )


def forget_recipient(user: User, *, phones: Iterable[str] = ()) -> None:
    """Erase every message to somebody, and what they did not want: waiting ones are not sent any more."""
    messages_to(user, phones=phones).delete()
    Refusal.objects.filter(recipient__in=addresses_of(user).values()).delete()
    KeptMail.objects.filter(to__iexact=user.email).delete()
