"""What a client asks of the stream, checked: which flights, and from where on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

POSITION = re.compile(r"\d{1,15}-\d{1,10}\Z", re.ASCII)
FLIGHTS = re.compile(r"\d{1,18}(,\d{1,18})*\Z", re.ASCII)
KNOWN = frozenset({"flights", "after"})


@dataclass(frozen=True, slots=True)
class Wish:
    flights: frozenset[int]
    after: str | None


class WishInvalid(Exception):
    """`errors` names each parameter and says why."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("Some of what was sent is not valid.")
        self.errors = errors


def read_wish(query: bytes, headers: Mapping[bytes, bytes], *, flights_at_most: int) -> Wish:
    """`?flights=1,2,3`, and `Last-Event-ID` or `after` for one who has seen something before. Raises WishInvalid."""
    sent = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    names = [name for name, _value in sent]
    errors = {name: ["There is no such parameter."] for name in names if name not in KNOWN}
    errors |= {name: ["Send this parameter once."] for name in names if names.count(name) > 1}
    values = dict(sent)
    flights = values.get("flights", "")
    if not FLIGHTS.match(flights):
        errors.setdefault("flights", ["Ids of flights, separated by commas: 1,2,3."])
    elif flights.count(",") >= flights_at_most:
        errors.setdefault("flights", [f"At most {flights_at_most} flights in one stream."])
    name, after = _position(values, headers)
    if after is not None and not POSITION.match(after):
        errors.setdefault(name, ["The id of an event of this stream."])
    if errors:
        raise WishInvalid(errors)
    return Wish(frozenset(map(int, flights.split(","))), after)


def _position(values: Mapping[str, str], headers: Mapping[bytes, bytes]) -> tuple[str, str | None]:
    """Where it was sent, and what: a browser that comes back knows better than the address that it began with."""
    last = headers.get(b"last-event-id")
    if last:
        return "Last-Event-ID", last.decode("latin-1")
    return "after", values.get("after")
