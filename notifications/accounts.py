"""Mail about accounts (confirm, reset, changed) goes through the outbox like all other mail."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import get_random_string

from notifications.services.outbox import tell


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Each of allauth's mails is one message: asking twice sends twice, so the subject is unique."""
        rendered = self.render_mail(template_prefix, email, context | {"airline_name": settings.AIRLINE_NAME})
        tell(
            kind="account",
            subject=f"{template_prefix.rpartition('/')[2]} {get_random_string(12)}",
            recipient=email,
            context={"headline": rendered.subject, "body": rendered.body},
            now=timezone.now(),
        )
