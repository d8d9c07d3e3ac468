"""Schedules as rows of a sheet, and back: what is exported is read again as the same pattern.

A row is text by column. Spreadsheets make numbers, dates and times of it; those are understood as well.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from airlines.models import Airplane, AirplaneType, Airport, CabinClass, FareFamily, Schedule
from airlines.services.schedules import Pattern, PatternFare, check, pattern_of

M = TypeVar("M", bound=Model)
Key = tuple[str, int, date]
"""What a schedule is known by: number, airport of departure, first day."""

CABINS = frozenset(CabinClass.values)
COLUMNS = (
    "number", "origin", "destination", "origin_terminal", "destination_terminal", "departs", "arrives", "day_offset",
    "days", "starts_on", "ends_on", "airplane_type", "airplanes", "weekday_percents", "floor_percent",
    "ceiling_percent", "fares",
)  # fmt: skip


def row_of(pattern: Pattern) -> dict[str, str]:
    """What a pattern says, as text by column."""
    return {
        "number": pattern.number,
        "origin": pattern.origin.iata,
        "destination": pattern.destination.iata,
        "origin_terminal": pattern.origin_terminal,
        "destination_terminal": pattern.destination_terminal,
        "departs": f"{pattern.departs:%H:%M}",
        "arrives": f"{pattern.arrives:%H:%M}",
        "day_offset": str(pattern.day_offset),
        "days": pattern.days,
        "starts_on": pattern.starts_on.isoformat(),
        "ends_on": pattern.ends_on.isoformat() if pattern.ends_on else "",
        "airplane_type": pattern.airplane_type.code,
        "airplanes": " + ".join(airplane.registration for airplane in pattern.airplanes),
        "weekday_percents": " ".join(map(str, pattern.weekday_percents)),
        "floor_percent": _or_empty(pattern.floor_percent),
        "ceiling_percent": _or_empty(pattern.ceiling_percent),
        "fares": "; ".join(f"{fare.cabin} {fare.family.code} {fare.reference}" for fare in pattern.fares),
    }


def _or_empty(number: int | None) -> str:
    return "" if number is None else str(number)


class SheetReader:
    """Reads the rows of one sheet beside the schedules that are there."""

    def __init__(self) -> None:
        self.airports = {airport.iata: airport for airport in Airport.objects.all()}
        self.types = {kind.code: kind for kind in AirplaneType.objects.all()}
        self.airplanes = {airplane.registration: airplane for airplane in Airplane.objects.all()}
        self.families = {family.code: family for family in FareFamily.objects.all()}
        self.there = {_key(schedule): schedule for schedule in Schedule.objects.with_pattern()}
        self.read: dict[Key, Pattern] = {}
        self._by_number: dict[tuple[str, int], list[Pattern]] = {}

    def expect(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Learn which schedules the sheet has: only the others are in the way as they are now."""
        named = {self._named(row) for row in rows}
        for key, schedule in self.there.items():
            if (schedule.number, schedule.origin.iata, schedule.starts_on.isoformat()) not in named:
                self._by_number.setdefault(key[:2], []).append(pattern_of(schedule))

    @staticmethod
    def _named(row: Mapping[str, Any]) -> tuple[str, str, str]:
        starts = row.get("starts_on")
        day = starts.date() if isinstance(starts, datetime) else starts
        return _text(row.get("number")).upper(), _text(row.get("origin")).upper(), _text(day)

    def pattern(self, row: Mapping[str, Any]) -> Pattern:
        """What a row says. Raises ValidationError that names each column that is wrong."""
        faults: dict[str, list[str]] = {}
        values = {}
        for column, read in self._readers().items():
            try:
                values[column] = read(row.get(column))
            except ValueError as error:
                faults[column] = [str(error)]
        if faults:
            raise ValidationError(faults)
        pattern = Pattern(**values)
        check(pattern)
        self._take(pattern)
        return pattern

    def _take(self, pattern: Pattern) -> None:
        """Raises ValidationError where it meets a row before it, or a schedule that stays."""
        key = (pattern.number, pattern.origin.pk, pattern.starts_on)
        others = self._by_number.setdefault(key[:2], [])
        if key in self.read:
            raise ValidationError({"number": [_("A row before this one has the same number, airport and first day.")]})
        if in_the_way := next((other for other in others if _meet(pattern, other)), None):
            raise ValidationError({"number": [_words_of_meeting(in_the_way)]})
        others.append(pattern)
        self.read[key] = pattern

    def schedule_of(self, pattern: Pattern) -> Schedule | None:
        """The one that is there, by number, airport and first day."""
        return self.there.get((pattern.number, pattern.origin.pk, pattern.starts_on))

    def _readers(self) -> dict[str, Callable[[Any], Any]]:
        return {
            "number": lambda value: _text(value).upper(),
            "origin": lambda value: _one_of(self.airports, value, _("There is no airport %(name)s.")),
            "destination": lambda value: _one_of(self.airports, value, _("There is no airport %(name)s.")),
            "origin_terminal": _text,
            "destination_terminal": _text,
            "departs": _time,
            "arrives": _time,
            "day_offset": lambda value: _number(value) or 0,
            "days": _text,
            "starts_on": lambda value: _date(value) or _refuse(_("Say the first day, such as 2027-03-28.")),
            "ends_on": _date,
            "airplane_type": lambda value: _one_of(self.types, value, _("There is no airplane type %(name)s.")),
            "airplanes": self._airplanes,
            "weekday_percents": _percents,
            "floor_percent": _number,
            "ceiling_percent": _number,
            "fares": self._fares,
        }

    def _airplanes(self, value: Any) -> tuple[Airplane, ...]:
        named = [each for each in _text(value).split("+") if each.strip()]
        return tuple(_one_of(self.airplanes, each, _("There is no airplane %(name)s.")) for each in named)

    def _fares(self, value: Any) -> tuple[PatternFare, ...]:
        return tuple(self._fare(each) for each in _text(value).split(";") if each.strip())

    def _fare(self, text: str) -> PatternFare:
        words = text.split()
        if len(words) != len(PatternFare._fields) or words[0] not in CABINS:
            _refuse(_("Not a fare: %(text)s. Write economy light 4500.") % {"text": text.strip()})
        cabin, code, amount = words
        try:
            reference = Decimal(amount)
        except InvalidOperation:
            reference = _refuse(_("Not an amount: %(text)s.") % {"text": amount})
        if code not in self.families:
            _refuse(_("There is no fare family %(name)s.") % {"name": code})
        return PatternFare(cabin, self.families[code], reference.quantize(Decimal("0.01")))


def _key(schedule: Schedule) -> Key:
    return schedule.number, schedule.origin_id, schedule.starts_on


def _words_of_meeting(other: Pattern) -> str:
    """A sheet knows a schedule by its first day as well: a row with another one does not take its place."""
    words = _(
        "This number already leaves from there on some of these days by another schedule: the one whose first day is "
        "%(first)s, on days %(days)s. Give that one a row with other days or an earlier last day, or end it first."
    )
    return words % {"first": other.starts_on.isoformat(), "days": other.days}


def _meet(one: Pattern, other: Pattern) -> bool:
    """Whether both fly on some day, as the constraints of the model have it."""
    apart = (one.ends_on and one.ends_on < other.starts_on) or (other.ends_on and other.ends_on < one.starts_on)
    return not apart and bool(set(one.days) & set(other.days))


def _refuse(words: str) -> NoReturn:
    raise ValueError(words)


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _one_of(known: Mapping[str, M], value: Any, words: str) -> M:
    code = _text(value).upper()
    if code not in known:
        _refuse(words % {"name": code or "–"})
    return known[code]


def _time(value: Any) -> time:
    if isinstance(value, (datetime, time)):
        return time(value.hour, value.minute)
    try:
        return datetime.strptime(_text(value)[:5], "%H:%M").time()  # noqa: DTZ007 -- a time on a wall
    except ValueError:
        _refuse(_("Not a time: %(text)s. Write 06:30.") % {"text": _text(value)})


def _date(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(_text(value)) if _text(value) else None
    except ValueError:
        _refuse(_("Not a day: %(text)s. Write 2027-03-28.") % {"text": _text(value)})


def _number(value: Any) -> int | None:
    try:
        return int(_text(value)) if _text(value) else None
    except ValueError:
        _refuse(_("Not a whole number: %(text)s.") % {"text": _text(value)})


def _percents(value: Any) -> tuple[int, ...]:
    """Seven of them; empty is 100 % on every day."""
    return tuple(_number(each) or 0 for each in _text(value).split()) or (100,) * 7
