"""Who does not want which messages: by one click from a mail (RFC 8058), or by the choices of an account."""

from collections.abc import Iterable

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from flights_project.gateway.models import User
from flights_project.gateway.services import choose_language
from notifications.kinds import KINDS, Way
from notifications.models import Message, Refusal

SALT = "notifications.stop"


def stop_url(message: Message) -> str:
    """Where a POST without log-in stops what the message is an instance of.

    That is its kind at its address, unless who wrote it knows something smaller to stop, such as one alert, and has
    put that address into the context as `stop_url`.
    """
    own = message.context.get("stop_url")
    return str(own) if own else settings.SITE_URL + reverse("stop", args=[_token(message)])


def _token(message: Message) -> str:
    return signing.dumps([message.kind, message.recipient], salt=SALT)


def read_token(token: str) -> tuple[str, str] | None:
    """The kind and the recipient that a link of ours is about; None for any other text. Old links are good, too."""
    try:
        kind, recipient = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    return (kind, recipient) if kind in KINDS else None


def refuse(*, kind: str, recipient: str) -> None:
    """No more messages of this kind to this address. Twice is once."""
    Refusal.objects.bulk_create([Refusal(kind=kind, recipient=recipient)], ignore_conflicts=True)


def refused(kind: str, recipients: Iterable[str]) -> set[str]:
    """Those of `recipients` who do not want this kind. Nobody is asked about what cannot be refused."""
    if not KINDS[kind].choosable:
        return set()
    return set(Refusal.objects.filter(kind=kind, recipient__in=list(recipients)).values_list("recipient", flat=True))


def addresses_of(reader: User) -> dict[Way, str]:
    """Where an account's choices apply."""
    return {Way.EMAIL: reader.email, Way.INBOX: str(reader.pk)}


def choices_of(reader: User) -> dict[tuple[str, Way], bool]:
    """For each kind that can be refused and each channel it goes by: whether it is wanted."""
    addresses = addresses_of(reader)
    no = set(Refusal.objects.filter(recipient__in=addresses.values()).values_list("kind", "recipient"))
    return {
        (name, way): (name, address) not in no
        for name, kind in KINDS.items()
        for way, address in addresses.items()
        if kind.choosable and way in kind.ways
    }


@transaction.atomic
def choose(*, reader: User, wanted: Iterable[tuple[str, Way]], language: str) -> None:
    """From now on the account gets of what can be refused exactly what is `wanted`, and all in `language`."""
    choose_language(user=reader, language=language)
    addresses, wishes = addresses_of(reader), set(wanted)
    for kind, way in choices_of(reader):
        if (kind, way) in wishes:
            Refusal.objects.filter(kind=kind, recipient=addresses[way]).delete()
        else:
            refuse(kind=kind, recipient=addresses[way])
