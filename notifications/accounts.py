"""Mail about accounts (confirm, reset, changed) goes through the outbox like all other mail."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.utils import timezone, translation
from django.utils.crypto import get_random_string

from flights_project.gateway.models import User
from notifications.services.outbox import tell


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Each of allauth's mails is one message: asking twice sends twice, so the subject is unique.

        allauth has words for many languages; the account's is taken where the address is known.
        """
        reader = User.objects.filter(email__iexact=email).first()
        with translation.override(reader.language if reader else settings.LANGUAGE_CODE):
            rendered = self.render_mail(template_prefix, email, context | {"airline_name": settings.AIRLINE_NAME})
        tell(
            kind="account",
            subject=f"{template_prefix.rpartition('/')[2]} {get_random_string(12)}",
            recipient=email,
            reader=reader,
            context={"headline": rendered.subject, "body": rendered.body},
            now=timezone.now(),
        )
