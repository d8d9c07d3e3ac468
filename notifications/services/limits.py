"""How often an address that nobody has confirmed is written to about what anybody can cause for nothing."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings

from flights_project.gateway.models import User
from notifications.kinds import KINDS
from notifications.models import Message


def is_beyond_limit(*, kind: str, recipient: str, reader: User | None, now: datetime) -> bool:
    """Whether an e-mail of `kind` to `recipient` is to be held back, `reader` being whoever caused it.

    Nothing is locked: it is a limit against abuse, and one mail more does not matter.
    """
    if not (KINDS[kind].unpaid and settings.RATE_LIMITS):
        return False
    unpaid = [name for name, each in KINDS.items() if each.unpaid]
    told = Message.objects.filter(recipient__iexact=recipient, kind__in=unpaid, written_at__gt=now - timedelta(hours=1))
    if told.exclude(status=Message.Status.WITHHELD).count() < settings.UNPAID_MAILS_PER_HOUR:
        return False
    return not EmailAddress.objects.filter(user=reader, email__iexact=recipient, verified=True).exists()
