"""Mail about accounts (confirm, reset, changed) goes through the outbox like all other mail."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.crypto import get_random_string

from flights_project.gateway import languages
from flights_project.gateway.models import User
from notifications.services.outbox import tell

LINKS = {"activate_url": "confirm", "password_reset_url": "choose"}
"""Of allauth's links the one that a mail is about, and what it is for."""


def _named(email: str) -> dict[str, Any]:
    """Whom and whose site allauth's words name."""
    site = {"name": settings.AIRLINE_NAME, "domain": urlsplit(settings.SITE_URL).netloc}
    return {"airline_name": settings.AIRLINE_NAME, "current_site": site, "email": email}


class AccountAdapter(DefaultAccountAdapter):
    def post_login(self, request: HttpRequest, user: User, **how: Any) -> HttpResponse:
        """A browser in which nobody chose a language takes that of the account."""
        response: HttpResponse = super().post_login(request, user, **how)
        if not languages.is_remembered(request):
            languages.remember(response, user.language)
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Each of allauth's mails is one message: asking twice sends twice, so the subject is unique.

        It is in the language of the account, or of the page where nobody has the address.
        """
        reader = User.objects.filter(email__iexact=email).first()
        with translation.override(reader.language if reader else languages.current()):
            rendered = self.render_mail(template_prefix, email, context | _named(email))
        link = next(({"url": context[name], "does": does} for name, does in LINKS.items() if name in context), {})
        tell(
            kind="account",
            subject=f"{template_prefix.rpartition('/')[2]} {get_random_string(12)}",
            recipient=email,
            reader=reader,
            context={"headline": rendered.subject, "body": rendered.body} | link,
            now=timezone.now(),
        )
