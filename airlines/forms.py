"""What a search asks, checked in one place for the page and the API: texts by parameter become a `SearchQuery`."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from airlines.models import CabinClass
from airlines.parameters import ON_THE_PAGE, PARAMETERS, ROWS, Wrong
from airlines.services.filters import Filters
from airlines.services.pages import CursorInvalid, Page, open_page
from airlines.services.pricing import Party
from airlines.services.ranking import Sort
from airlines.services.reference import last_day_on_sale
from airlines.services.search import SearchQuery, SliceQuery
from flights_project.lib import clock
from flights_project.lib.errors import InvalidRequest

FURTHEST_AHEAD = timedelta(days=361)
"""No airline sells a flight earlier than this; counts where nothing is on sale yet."""
LONGEST_TEXT = 60
LONGEST_LIST = 2000
LISTS = {"slices", "via", "avoid", "chosen", "cursor"}
"""Parameters of many parts."""
FILTERS = [each.name for each in fields(Filters)]
RANGES = [("min_price", "max_price"), ("depart_after", "depart_before"), ("arrive_after", "arrive_before")]

Errors = dict[str, list[str]]
Read = dict[str, Any]
"""What was sent and could be read, by parameter."""
Row = tuple[str, str, str]
"""Parameters that a slice's origin, destination and day came in."""


def read_search(asked: Mapping[str, str], *, now: datetime) -> tuple[SearchQuery, Page]:
    """What somebody looks for, and the page of it. Raises InvalidRequest that names what is wrong with what.

    What is left empty was not asked; parameters that are none of ours are passed over.
    """
    read, errors = _each(asked)
    slices, rows = _slices(read, errors)
    _check_slices(slices, rows, errors, now)
    party = _party(read, errors)
    _check_ranges(read, errors)
    page = _page(read, errors)
    if len(read.get("chosen", ())) >= max(len(slices), 1):
        errors["chosen"] = [_("Enter a valid value.")]
    if errors:
        raise InvalidRequest(errors)
    return SearchQuery(
        slices=tuple(slices),
        party=party,
        cabin=read.get("cabin", CabinClass.ECONOMY.value),
        filters=Filters(**{name: read[name] for name in FILTERS if name in read}),
        sort=Sort(read.get("sort", Sort.BEST)),
        nearby=read.get("nearby", False),
        chosen=read.get("chosen", ()),
    ), page


def _each(asked: Mapping[str, str]) -> tuple[Read, Errors]:
    read: Read = {}
    errors: Errors = {}
    for name, text in asked.items():
        reader = PARAMETERS.get(name) or ON_THE_PAGE.get(name)
        if reader is None or not text:
            continue
        try:
            read[name] = reader(_fit(text, LONGEST_LIST if name in LISTS else LONGEST_TEXT))
        except Wrong as wrong:
            errors[name] = [str(wrong)]
    return read, errors


def _fit(text: str, longest: int) -> str:
    if len(text) > longest:
        words = _("Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).")
        raise Wrong(words % {"limit_value": longest, "show_value": len(text)})
    if "\0" in text:
        raise Wrong(_("Null characters are not allowed."))
    return text


def _slices(read: Read, errors: Errors) -> tuple[list[SliceQuery], list[Row]]:
    """What is asked of each slice, as far as it could be read, and where it came from."""
    if "slices" in read or "slices" in errors:
        errors |= {
            name: [_("Send slices, or one origin and destination.")] for name in (*ROWS[0], "return_on") if name in read
        }
        slices = read.get("slices", [])
        return slices, [("slices", "slices", "slices")] * len(slices)
    sent = read.keys() | errors.keys()
    rows = [ROWS[0], *(row for row in ROWS[1:] if not sent.isdisjoint(row))]
    for row in rows:
        errors |= {name: [_("This field is required.")] for name in row if name not in sent}
    whole = [row for row in rows if read.keys() >= {*row}]
    slices = [
        SliceQuery(origin=read[origin], destination=read[destination], depart_on=read[day])
        for origin, destination, day in whole
    ]
    if "return_on" in read and len(slices) == 1:
        there = slices[0]
        slices.append(SliceQuery(origin=there.destination, destination=there.origin, depart_on=read["return_on"]))
        whole.append(("destination", "destination", "return_on"))
    return slices, whole


def _check_slices(slices: list[SliceQuery], rows: list[Row], errors: Errors, now: datetime) -> None:
    if not slices:
        return
    today = clock.local_date(now, slices[0].origin.airports[0].zone)
    last_day = last_day_on_sale() or today + FURTHEST_AHEAD
    for part, (_origin, destination, day) in zip(slices, rows, strict=True):
        if set(part.origin.airport_ids) & set(part.destination.airport_ids):
            errors.setdefault(destination, [_("You leave from there. Choose another place to fly to.")])
        fault = _fault_of_day(part.depart_on, today, last_day)
        if fault:
            errors.setdefault(day, [fault])
    for (earlier, later), (_origin, _destination, day) in zip(pairwise(slices), rows[1:], strict=True):
        if later.depart_on < earlier.depart_on:
            errors.setdefault(day, [_before_the_last(day)])


def _fault_of_day(day: date, today: date, last_day: date) -> str | None:
    if day < today:
        return _("This day has passed.")
    if day > last_day:
        return _("Flights are on sale until %(day)s.") % {"day": date_format(last_day, "j F Y")}
    return None


def _before_the_last(field: str) -> str:
    if field == "return_on":
        return _("You cannot fly back before you leave.")
    return _("You cannot leave before the flight before it.")


def _party(read: Read, errors: Errors) -> Party:
    party = Party(read.get("adults", 1), read.get("children", 0), read.get("infants", 0))
    if party.infants > party.adults:
        errors.setdefault("infants", [_("Each infant sits on an adult's lap: there are more infants than adults.")])
    if party.travellers > settings.TRAVELLERS_PER_BOOKING:
        errors.setdefault(
            "adults", [_("A booking is for %(count)d travellers at most.") % {"count": settings.TRAVELLERS_PER_BOOKING}]
        )
    return party


def _check_ranges(read: Read, errors: Errors) -> None:
    for first, last in RANGES:
        if first in read and last in read and read[first] > read[last]:
            errors[last] = [_("This is less than where the range begins.")]


def _page(read: Read, errors: Errors) -> Page:
    limit = read.get("page_size", settings.SEARCH_PAGE_SIZE)
    try:
        return open_page(read["cursor"], limit=limit) if "cursor" in read else Page(limit)
    except CursorInvalid:
        errors["cursor"] = [_("This is no cursor of ours. Take it from `next` or `previous`.")]
        return Page(limit)
