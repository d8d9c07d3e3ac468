"""What somebody has typed of who travels, kept in their session for a while.

An offer can lapse, sell out or change its price while people type, and they may go back, reload or choose another
flight: the next form starts with what they have typed already. Logging out forgets it.
"""

from collections.abc import Mapping, MutableMapping
from datetime import datetime, timedelta
from typing import Any

from airlines.services.pricing import Party
from bookings.forms import CONTACT_FIELDS, TRAVELLER_FIELDS, kinds_of, prefix_of

KEY = "typed_travellers"
KEPT_FOR = timedelta(hours=2)
LONGEST = 254
"""Nothing that a form takes is longer."""

Session = MutableMapping[str, Any]


def keep(session: Session, *, party: Party, typed: Mapping[str, str], now: datetime) -> None:
    """Keep the fields of a booking form for `party`, unchecked."""
    travellers = [
        {"kind": str(kind)} | _fields(typed, f"{prefix_of(position)}-", TRAVELLER_FIELDS)
        for position, kind in enumerate(kinds_of(party))
    ]
    contact = _fields(typed, "contact-", CONTACT_FIELDS)
    session[KEY] = {"at": now.timestamp(), "travellers": travellers, "contact": contact}


def recall(session: Session, *, party: Party, now: datetime) -> dict[str, str]:
    """The kept fields as a form for `party` names them, each traveller in the next place for their kind."""
    draft = session.get(KEY)
    if draft is None or now.timestamp() - draft["at"] > KEPT_FOR.total_seconds():
        return {}
    left = list(draft["travellers"])
    kept = {f"contact-{name}": value for name, value in draft["contact"].items()}
    for position, kind in enumerate(kinds_of(party)):
        traveller = next((each for each in left if each["kind"] == kind), None)
        if traveller is not None:
            left.remove(traveller)
            kept |= {f"{prefix_of(position)}-{name}": traveller[name] for name in traveller if name != "kind"}
    return kept


def forget(session: Session) -> None:
    session.pop(KEY, None)


def _fields(typed: Mapping[str, str], prefix: str, names: tuple[str, ...]) -> dict[str, str]:
    return {name: typed[prefix + name][:LONGEST] for name in names if typed.get(prefix + name)}
