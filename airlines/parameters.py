"""The parameters of a search, each with what reads its text and says what is wrong with it."""

import re
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from airlines.models import CabinClass
from airlines.services.connections import MOST_STOPS
from airlines.services.gazetteer import suggest_places
from airlines.services.places import Place, find_place
from airlines.services.ranking import Sort
from airlines.services.reference import current
from airlines.services.search import SliceQuery

SLICES_AT_MOST = 6
PAGE_AT_MOST = 100
PLACES_IN_A_FILTER = 20
PLACES_MEANT = 3
"""Guessed at most for a name that is none."""
MOST_HOURS = 240
HIGHEST_AMOUNT = 10**8

DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
HOUR = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z", re.ASCII)
WHOLE = re.compile(r"-?\d{1,18}\Z", re.ASCII)
AMOUNT = re.compile(r"-?\d{1,18}(\.\d{1,6})?\Z", re.ASCII)
AIRLINE = re.compile(r"[A-Z0-9]{2}\Z", re.ASCII)
SLICE = re.compile(r"([A-Za-z]{3})-([A-Za-z]{3}):(.{1,20})\Z")
FLIGHTS = re.compile(r"\d{1,18}(-\d{1,18}){0,2}\Z", re.ASCII)


class Wrong(Exception):
    """What is wrong with a parameter, for the person who sent it."""


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not WHOLE.match(text):
            raise Wrong(_("Enter a whole number."))
        number = int(text)
        if number < least:
            raise Wrong(_at_least(least))
        if number > most:
            raise Wrong(_("Ensure this value is less than or equal to %(limit_value)s.") % {"limit_value": most})
        return number

    return read


def _at_least(least: int) -> str:
    return _("Ensure this value is greater than or equal to %(limit_value)s.") % {"limit_value": least}


def _amount(text: str) -> Decimal:
    if not AMOUNT.match(text):
        raise Wrong(_("Enter a number."))
    amount = Decimal(text)
    if amount < 0:
        raise Wrong(_at_least(0))
    if amount >= HIGHEST_AMOUNT or amount != round(amount, 2):
        raise Wrong(_("Enter an amount below 100,000,000 with two decimals at most."))
    return amount


def _day(text: str) -> date:
    try:
        if DAY.match(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # a 31st of February
    raise Wrong(_("Enter a valid date."))


def _hour(text: str) -> time:
    match = HOUR.match(text)
    if match is None:
        raise Wrong(_("Enter a valid time."))
    return time(int(match[1]), int(match[2]))


def _choice(*values: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in values:
            raise Wrong(_("Select a valid choice. %(value)s is not one of the available choices.") % {"value": text})
        return text

    return read


def _airline(text: str) -> str:
    if not AIRLINE.match(text):
        raise Wrong(_("Enter a valid value."))
    return text


def _yes(text: str) -> bool:
    return _choice("true", "false", "on")(text) != "false"


def _hours(text: str) -> timedelta:
    return timedelta(hours=_whole(1, MOST_HOURS)(text))


def _place(text: str) -> Place:
    place = current().place(text) or find_place(text)
    if place is None:
        raise Wrong(unknown_place(text))
    return place


def unknown_place(words: str) -> str:
    """What to tell whoever named a place that there is not, or that could be several: what they may have meant."""
    meant = [place.label for place in suggest_places(words, countries=False)[:PLACES_MEANT]]
    if not meant:
        return _("We know no airport or city called “%(words)s”. Try its name or three-letter code.") % {"words": words}
    return _("We know no airport or city called “%(words)s”. Did you mean %(places)s?") % {
        "words": words,
        "places": get_text_list(meant),
    }


def _airports(text: str) -> frozenset[int]:
    codes = text.split(",")
    if len(codes) > PLACES_IN_A_FILTER:
        raise Wrong(_("Name %(most)d places at most.") % {"most": PLACES_IN_A_FILTER})
    return frozenset(pk for code in codes for pk in _place(code.strip()).airport_ids)


def _family(text: str) -> str:
    return _choice(*(family.code for family in current().families.values()))(text)


def _slices(text: str) -> list[SliceQuery]:
    parts = text.split(",")
    if len(parts) > SLICES_AT_MOST:
        raise Wrong(_("A journey has %(most)d slices at most.") % {"most": SLICES_AT_MOST})
    return [_slice(part) for part in parts]


def _slice(text: str) -> SliceQuery:
    match = SLICE.match(text)
    if match is None:
        raise Wrong(_("Enter slices such as DEL-BOM:2026-12-05, with commas between them."))
    return SliceQuery(origin=_place(match[1]), destination=_place(match[2]), depart_on=_day(match[3]))


def _chosen(text: str) -> tuple[tuple[int, ...], ...]:
    slices = text.split(",")
    if len(slices) > SLICES_AT_MOST or not all(FLIGHTS.match(flights) for flights in slices):
        raise Wrong(_("Enter a valid value."))
    return tuple(tuple(map(int, flights.split("-"))) for flights in slices)


ROWS = [("origin", "destination", "depart_on")] + [
    (f"origin{number}", f"destination{number}", f"depart_on{number}") for number in range(2, SLICES_AT_MOST + 1)
]
"""The parameters of a journey's slices, as the page asks for more than one."""
PARAMETERS: dict[str, Callable[[str], Any]] = {
    "origin": _place,
    "destination": _place,
    "depart_on": _day,
    "return_on": _day,
    "slices": _slices,
    "adults": _whole(1, 9),
    "children": _whole(0, 8),
    "infants": _whole(0, 4),
    "cabin": _choice(*CabinClass.values),
    "nearby": _yes,
    "sort": _choice(*Sort),
    "max_stops": _whole(0, MOST_STOPS),
    "min_price": _amount,
    "max_price": _amount,
    "depart_after": _hour,
    "depart_before": _hour,
    "arrive_after": _hour,
    "arrive_before": _hour,
    "max_duration": _hours,
    "airline": _airline,
    "family": _family,
    "refundable": _yes,
    "bag": _yes,
    "via": _airports,
    "avoid": _airports,
    "page_size": _whole(1, PAGE_AT_MOST),
    "cursor": str,
}
"""Everything that a search takes, each with what reads it."""
ON_THE_PAGE: dict[str, Callable[[str], Any]] = {"chosen": _chosen} | {
    name: reader for row in ROWS[1:] for name, reader in zip(row, (_place, _place, _day), strict=True)
}
