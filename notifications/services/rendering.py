"""A message's words: `templates/notifications/mail/KIND.txt` and `.html`, the subject in the text's first line."""

from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string

from notifications.models import Message


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(message: Message) -> Rendered:
    """The e-mail that `message` becomes."""
    context = message.context | {"airline_name": settings.AIRLINE_NAME, "site_url": settings.SITE_URL}
    subject, _, text = render_to_string(f"notifications/mail/{message.kind}.txt", context).partition("\n")
    html = render_to_string(f"notifications/mail/{message.kind}.html", context | {"subject": subject})
    return Rendered(subject.strip(), text.strip() + "\n", html)
