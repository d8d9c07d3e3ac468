"""Which seats a party gets in another airplane for those that it had chosen: pure calculation, no database.

The same seats where all of them are there and free. Else a party is seated together again, and who sits alone gets the
nearest seat of the same kind (window, middle or aisle; exit or not). What could not be had is said, so that a fee that
was paid for it can go back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bookings.services.togetherness import Arrangement, Member, Place, arrangement_of, seat_party

TOGETHER = (Arrangement.SIDE_BY_SIDE, Arrangement.SAME_ROW, Arrangement.NEIGHBOURING_ROWS)


class Outcome(StrEnum):
    SAME = "same"
    SAME_KIND = "same_kind"
    OTHER_KIND = "other_kind"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Sitter:
    """A traveller with the seat that they had."""

    member: Member
    seat: Place


@dataclass(frozen=True, slots=True)
class Reseated:
    """The new seat, if there is one, beside what was had."""

    place: Place | None
    outcome: Outcome

    @property
    def keeps_its_worth(self) -> bool:
        """Whether it is what was paid for."""
        return self.outcome in (Outcome.SAME, Outcome.SAME_KIND)


def reseat(party: Sequence[Sitter], free: Iterable[Place]) -> dict[int, Reseated]:
    """New seats by position of the traveller; `free` are the seats that the party may have."""
    places = {place.name: place for place in free}
    same = same_seats(party, places)
    if same:
        return {position: Reseated(place, Outcome.SAME) for position, place in same.items()}
    if len(party) > 1:
        plan = seat_party(party=[sitter.member for sitter in party], free=list(places.values()))
        if plan.arrangement in TOGETHER:
            return {sitter.member.position: _seated(sitter, plan.places[sitter.member.position]) for sitter in party}
    return _one_by_one(party, places)


def parts(before: Sequence[Place], after: Sequence[Place]) -> bool:
    """Whether who sat together on `before` does not on `after`, which has fewer where somebody has no seat."""
    if len(before) < 2 or arrangement_of(before) not in TOGETHER:  # noqa: PLR2004 -- one is never apart
        return False
    return len(after) < len(before) or arrangement_of(after) not in TOGETHER


def same_seats(party: Sequence[Sitter], free: Mapping[str, Place]) -> dict[int, Place]:
    """The seats of the same names and kinds, where everybody may have theirs; else none."""
    found = {sitter.member.position: free.get(sitter.seat.name) for sitter in party}
    fits = all(
        place is not None and _kind(place) == _kind(sitter.seat) and _may_sit(sitter, place)
        for sitter in party
        for place in [found[sitter.member.position]]
    )
    return {position: place for position, place in found.items() if place} if fits else {}


def _one_by_one(party: Sequence[Sitter], free: dict[str, Place]) -> dict[int, Reseated]:
    left, seated = dict(free), {}
    for sitter in party:
        may = [place for place in left.values() if _may_sit(sitter, place)]
        place = min(may, key=lambda place: _distance(sitter.seat, place), default=None)
        seated[sitter.member.position] = _seated(sitter, place)
        if place:
            del left[place.name]
    return seated


def _seated(sitter: Sitter, place: Place | None) -> Reseated:
    if place is None:
        return Reseated(None, Outcome.NONE)
    return Reseated(place, Outcome.SAME_KIND if _kind(place) == _kind(sitter.seat) else Outcome.OTHER_KIND)


def _kind(place: Place) -> tuple[str, bool]:
    return place.position, place.is_exit_row


def _distance(had: Place, place: Place) -> tuple[bool, int, int, str]:
    """Of the same kind before all others, then the nearest."""
    return _kind(place) != _kind(had), abs(place.row - had.row), abs(place.column - had.column), place.name


def _may_sit(sitter: Sitter, place: Place) -> bool:
    return sitter.member.may_sit_at_exit or not place.is_exit_row
