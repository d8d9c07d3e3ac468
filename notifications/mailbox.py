"""Where a demonstration's mail goes: kept in the database and shown at `/mailbox/`."""

from collections.abc import Sequence

from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage, EmailMultiAlternatives

from notifications.models import KeptMail


class MailboxBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        kept = [_keep(mail) for mail in email_messages]
        KeptMail.objects.bulk_create(kept, ignore_conflicts=True)
        return len(kept)


def _keep(mail: EmailMessage) -> KeptMail:
    html = ""
    if isinstance(mail, EmailMultiAlternatives):
        html = next((str(content) for content, mimetype in mail.alternatives if mimetype == "text/html"), "")
    return KeptMail(
        message_id=mail.extra_headers.get("Message-ID") or mail.message()["Message-ID"],
        to=", ".join(mail.recipients()),
        sender=mail.from_email,
        subject=str(mail.subject),
        text=str(mail.body),
        html=html,
    )
