"""E-mail, by any backend of Django's."""

from smtplib import SMTPDataError, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from notifications.channels.base import Channel, Undeliverable
from notifications.kinds import KINDS
from notifications.models import Message
from notifications.services.enclosures import enclosures_of
from notifications.services.refusals import stop_url
from notifications.services.rendering import render

PERMANENT = 500
"""SMTP's replies from here on say never, those below say not now (RFC 5321, 4.2.1)."""


class EmailChannel(Channel):
    def __init__(self) -> None:
        self._connection = get_connection()

    def send(self, message: Message) -> None:
        try:
            self._connection.open()  # once for the batch: it stays open
            mail_of(message, self._connection).send()
        except SMTPRecipientsRefused as error:
            if all(code >= PERMANENT for code, _words in error.recipients.values()):
                raise Undeliverable(repr(error)) from error
            raise
        except SMTPDataError as error:
            if error.smtp_code >= PERMANENT:
                raise Undeliverable(repr(error)) from error
            raise
        except OSError:
            self._connection.close()  # a broken one would fail the rest of the batch
            raise

    def close(self) -> None:
        self._connection.close()


def mail_of(message: Message, connection: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    """The mail that `message` becomes, always with the same Message-ID, by which mail programs show a second one that
    a crash has caused as the same; a copy that staff had sent again has another."""
    rendered = render(message)
    mail = EmailMultiAlternatives(
        rendered.subject, rendered.text, to=[message.recipient], connection=connection, headers=_headers(message)
    )
    mail.attach_alternative(rendered.html, "text/html")
    for enclosure in enclosures_of(message):
        mail.attach(enclosure)
    return mail


def _headers(message: Message) -> dict[str, str]:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    copy = f".{message.copy}" if message.copy else ""
    headers = {"Message-ID": f"<{message.pk}{copy}@{domain}>", "Auto-Submitted": "auto-generated"}
    if KINDS[message.kind].unasked:
        headers["List-Unsubscribe"] = f"<{stop_url(message)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers
