"""What somebody has typed of who travels, kept for a while beside their session and nowhere else.

An offer can lapse, sell out or change its price while people type, and they may go back, reload or choose another
flight. Each offer has a draft of its own, so that two open pages never mix their travellers; an offer that nothing was
typed for begins with what was typed last. Drafts are found by the key of the session, so by nobody after a log-out, and
the cache forgets them by itself.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache

from airlines.services.offers import OfferClaim
from bookings.forms import CONTACT_FIELDS, TRAVELLER_FIELDS, kinds_of, prefix_of

KEPT_FOR = timedelta(hours=2)
LONGEST = 254
"""Nothing that a form takes is longer."""


def keep(
    session: SessionBase, *, offer: OfferClaim, typed: Mapping[str, str], faults: Mapping[str, list[str]] | None = None
) -> None:
    """Keep the fields of a booking form for `offer`, unchecked, and what a service found wrong with them."""
    travellers = [
        {"kind": str(kind)} | _fields(typed, f"{prefix_of(position)}-", TRAVELLER_FIELDS)
        for position, kind in enumerate(kinds_of(offer.party))
    ]
    contact = _fields(typed, "contact-", CONTACT_FIELDS)
    draft = _key(session, offer.without_price)
    found = {name: [str(fault) for fault in each] for name, each in (faults or {}).items()}
    _set(draft, {"travellers": travellers, "contact": contact, "faults": found})
    _set(_last(session), draft)


def recall(session: SessionBase, *, offer: OfferClaim) -> dict[str, str]:
    """The fields kept for `offer`, else those kept last, as its form names them, each traveller in the next place for
    their kind."""
    draft = cache.get(_key(session, offer.without_price)) or _kept_last(session)
    if draft is None:
        return {}
    left = list(draft["travellers"])
    kept = {f"contact-{name}": value for name, value in draft["contact"].items()}
    for position, kind in enumerate(kinds_of(offer.party)):
        traveller = next((each for each in left if each["kind"] == kind), None)
        if traveller is not None:
            left.remove(traveller)
            kept |= {f"{prefix_of(position)}-{name}": traveller[name] for name in traveller if name != "kind"}
    return kept


def faults_of(session: SessionBase, *, offer: OfferClaim) -> dict[str, list[str]]:
    """What a service found wrong with what is kept for `offer`, as it named the fields."""
    draft = cache.get(_key(session, offer.without_price)) or {}
    faults: dict[str, list[str]] = draft.get("faults", {})
    return faults


def is_kept(session: SessionBase) -> bool:
    """Whether another offer would begin with something."""
    return _kept_last(session) is not None


def hand_over(session: SessionBase, *, offer: OfferClaim, locator: str) -> None:
    """The draft of `offer` is the booking's now, and is forgotten with it."""
    _set(_key(session, locator), _key(session, offer.without_price))


def forget(session: SessionBase, *, locator: str) -> None:
    """Forget what was typed for the booking `locator`; what is typed for other offers stays."""
    booking = _key(session, locator)
    cache.delete_many([booking, cache.get(booking, booking)])


def _kept_last(session: SessionBase) -> Any:
    draft = cache.get(_last(session))
    return cache.get(draft) if draft else None


def _set(key: str, value: object) -> None:
    cache.set(key, value, KEPT_FOR.total_seconds())


def _last(session: SessionBase) -> str:
    return _key(session, "last")


def _key(session: SessionBase, name: str) -> str:
    return f"typed-travellers:{session.session_key}:{name}"


def _fields(typed: Mapping[str, str], prefix: str, names: tuple[str, ...]) -> dict[str, str]:
    return {name: typed[prefix + name][:LONGEST] for name in names if typed.get(prefix + name)}
