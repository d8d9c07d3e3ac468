"""Mail about accounts (confirm, reset, changed) goes through the outbox like all other mail."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.crypto import get_random_string

from flights_project.gateway import languages
from flights_project.gateway.models import User
from notifications.services.outbox import tell


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
            rendered = self.render_mail(template_prefix, email, context | {"airline_name": settings.AIRLINE_NAME})
        tell(
            kind="account",
            subject=f"{template_prefix.rpartition('/')[2]} {get_random_string(12)}",
            recipient=email,
            reader=reader,
            context={"headline": rendered.subject, "body": rendered.body},
            now=timezone.now(),
        )
