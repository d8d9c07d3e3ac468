"""What one person was told: shown to them, and erased when they leave."""

from django.db.models import QuerySet

from notifications.models import KeptMail, Message


def messages_to(recipient: str) -> QuerySet[Message]:
    """The messages to an address, however it was typed, the newest first."""
    return Message.objects.filter(recipient__iexact=recipient)


def forget_recipient(recipient: str) -> None:
    """Erase every message to an address: waiting ones are not sent any more."""
    messages_to(recipient).delete()
    KeptMail.objects.filter(to__iexact=recipient).delete()
