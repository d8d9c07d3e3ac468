"""What somebody has typed of who travels, kept for a while beside their session and nowhere else.

An offer can lapse, sell out or change its price while people type, and they may go back, reload or choose another
flight: the next form starts with what they have typed already. It is found by the key of the session, so by nobody
after a log-out, and the cache forgets it by itself.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache

from airlines.services.pricing import Party
from bookings.forms import CONTACT_FIELDS, TRAVELLER_FIELDS, kinds_of, prefix_of

KEPT_FOR = timedelta(hours=2)
LONGEST = 254
"""Nothing that a form takes is longer."""


def keep(session: SessionBase, *, party: Party, typed: Mapping[str, str]) -> None:
    """Keep the fields of a booking form for `party`, unchecked."""
    travellers = [
        {"kind": str(kind)} | _fields(typed, f"{prefix_of(position)}-", TRAVELLER_FIELDS)
        for position, kind in enumerate(kinds_of(party))
    ]
    contact = _fields(typed, "contact-", CONTACT_FIELDS)
    cache.set(_key(session), {"travellers": travellers, "contact": contact}, KEPT_FOR.total_seconds())


def recall(session: SessionBase, *, party: Party) -> dict[str, str]:
    """The kept fields as a form for `party` names them, each traveller in the next place for their kind."""
    draft = cache.get(_key(session))
    if draft is None:
        return {}
    left = list(draft["travellers"])
    kept = {f"contact-{name}": value for name, value in draft["contact"].items()}
    for position, kind in enumerate(kinds_of(party)):
        traveller = next((each for each in left if each["kind"] == kind), None)
        if traveller is not None:
            left.remove(traveller)
            kept |= {f"{prefix_of(position)}-{name}": traveller[name] for name in traveller if name != "kind"}
    return kept


def is_kept(session: SessionBase) -> bool:
    return cache.has_key(_key(session))


def forget(session: SessionBase) -> None:
    cache.delete(_key(session))


def _key(session: SessionBase) -> str:
    return f"typed-travellers:{session.session_key}"


def _fields(typed: Mapping[str, str], prefix: str, names: tuple[str, ...]) -> dict[str, str]:
    return {name: typed[prefix + name][:LONGEST] for name in names if typed.get(prefix + name)}
