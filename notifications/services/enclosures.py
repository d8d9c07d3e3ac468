"""Files that go with a mail, made when it is sent, by whoever knows what is in them."""

from email.mime.base import MIMEBase

from django.conf import settings
from django.utils import translation
from django.utils.module_loading import import_string

from notifications.kinds import KINDS
from notifications.models import Message


def enclosures_of(message: Message) -> list[MIMEBase]:
    """The files that the message's kind names, in its recipient's language, made by what the settings say."""
    names = KINDS[message.kind].enclosures
    if not names:
        return []
    with translation.override(message.language or settings.LANGUAGE_CODE):
        made: list[MIMEBase] = import_string(settings.MESSAGE_ENCLOSURES)(message, names)
        return made
