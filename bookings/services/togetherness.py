"""Which seats a party takes to sit together: pure calculation, no database.

Side by side first, then in one row, then in neighbouring rows, then wherever there is room. Before all of that, every
child has an adult of the party beside it, or at least in its row, where free seats allow. Only who may sit at an exit
is seated there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations, pairwise

from airlines.services.fleet import SeatPosition

NEIGHBOURING_ROWS = (2, 3)
"""Parties that do not fit into one row are seated in so many."""
FURTHER_ROWS = (4, 6, 10, 99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A free seat. Columns are counted through the row, `block` changes at each aisle."""

    name: str
    row: int
    column: int
    block: int
    position: SeatPosition
    is_exit_row: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A traveller who needs a seat; `position` tells them apart."""

    position: int
    is_child: bool = False
    may_sit_at_exit: bool = True


class Arrangement(StrEnum):
    KEPT = "kept"
    SIDE_BY_SIDE = "side_by_side"
    SAME_ROW = "same_row"
    NEIGHBOURING_ROWS = "neighbouring_rows"
    APART = "apart"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who sits where, and why it is not better.

    `children_alone` have no adult of the party in their row, `children_not_beside` have none right beside them.
    `moved_for_children`: there was a closer arrangement, in which a child had been further from an adult.
    `exits_left_out`: there were free seats at exits that somebody of the party may not take.
    """

    arrangement: Arrangement
    places: Mapping[int, Place]
    children_alone: int = 0
    children_not_beside: int = 0
    moved_for_children: bool = False
    exits_left_out: bool = False

    @property
    def rows(self) -> list[int]:
        return sorted({place.row for place in self.places.values()})


Candidate = tuple[Arrangement, tuple[Place, ...]]


def seat_party(*, party: Sequence[Member], free: Sequence[Place]) -> Plan:
    """The best places among `free` for all of `party`; none for anybody where they are too few."""
    if all(member.may_sit_at_exit for member in party):
        return _best(party, free)
    away_from_exits = [place for place in free if not place.is_exit_row]
    exits = [place for place in free if place.is_exit_row]
    missing = max(0, len(party) - len(away_from_exits))
    may = [member for member in party if member.may_sit_at_exit]
    if missing > min(len(may), len(exits)):
        return Plan(arrangement=Arrangement.IMPOSSIBLE, places={}, exits_left_out=bool(exits))
    at_exits = may[len(may) - missing :]
    rest = [member for member in party if member not in at_exits]
    plan = _best(rest, away_from_exits)
    if at_exits:
        others = _best(at_exits, exits)
        places = {**plan.places, **others.places}
        alone, not_beside = _away(places, {member.position for member in party if member.is_child})
        plan = Plan(arrangement=Arrangement.APART, places=places, children_alone=alone, children_not_beside=not_beside)
    return replace(plan, exits_left_out=bool(exits))


def _away(places: Mapping[int, Place], children: set[int]) -> tuple[int, int]:
    """How many children have no adult in their row, and how many none beside them; in a party with an adult."""
    adults = [place for position, place in places.items() if position not in children]
    rows = {place.row for place in adults}
    alone = sum(places[child].row not in rows for child in children)
    return alone, sum(not any(_touch(places[child], place) for place in adults) for child in children)


def sit_side_by_side(places: Sequence[Place]) -> bool:
    """One row, no gap, no aisle between."""
    ordered = sorted(places, key=lambda place: place.column)
    return len({(place.row, place.block) for place in places}) == 1 and all(
        right.column - left.column == 1 for left, right in pairwise(ordered)
    )


def arrangement_of(places: Sequence[Place]) -> Arrangement:
    """How close to each other these seats are."""
    closest = next(_candidates(places, len(places)), None)
    return closest[0] if closest else Arrangement.APART


def _best(party: Sequence[Member], free: Sequence[Place]) -> Plan:
    """The first of the candidates in which the fewest children are away from an adult."""
    children = [member for member in party if member.is_child]
    adults = [member for member in party if not member.is_child]
    goal = (0, max(0, len(children) - 2 * len(adults))) if adults else (0, 0)
    best: tuple[tuple[int, int], Candidate, tuple[int, ...]] | None = None
    closest = Arrangement.IMPOSSIBLE
    for candidate in _candidates(free, len(party)):
        if best is None:
            closest = candidate[0]
        apart, at = _children_in(candidate[1], len(children) if adults else 0)
        if best is None or apart < best[0]:
            best = apart, candidate, at
        if apart == goal:
            break
    if best is None:
        return Plan(arrangement=Arrangement.IMPOSSIBLE, places={})
    (alone, not_beside), (arrangement, places), at = best
    return Plan(
        arrangement=arrangement,
        places=_seated(places, at, children if adults else [], adults or children),
        children_alone=alone,
        children_not_beside=not_beside,
        moved_for_children=arrangement != closest,
    )


def _seated(
    places: Sequence[Place], at: Sequence[int], children: Sequence[Member], others: Sequence[Member]
) -> dict[int, Place]:
    child, other = iter(children), iter(others)
    return {next(child if index in at else other).position: place for index, place in enumerate(places)}


def _children_in(places: Sequence[Place], children: int) -> tuple[tuple[int, int], tuple[int, ...]]:
    """The indexes of `places` at which children sit best, and how many are alone and not beside an adult there."""
    if not children:
        return (0, 0), ()
    count = len(places)
    row = [_mask(j for j in range(count) if places[j].row == places[i].row and j != i) for i in range(count)]
    beside = [_mask(j for j in range(count) if _touch(places[i], places[j])) for i in range(count)]

    def apart(at: tuple[int, ...]) -> tuple[int, int]:
        adults = ~_mask(iter(at))
        return sum(not row[i] & adults for i in at), sum(not beside[i] & adults for i in at)

    at = min(combinations(range(count), children), key=apart)
    return apart(at), at


def _mask(indexes: Iterator[int]) -> int:
    return sum(1 << index for index in indexes)


def _touch(one: Place, other: Place) -> bool:
    return one.row == other.row and abs(one.column - other.column) == 1


def _candidates(free: Sequence[Place], count: int) -> Iterator[Candidate]:
    """Sets of `count` places, the closest together first."""
    rows: dict[int, list[Place]] = {}
    for place in sorted(free, key=lambda place: (place.row, place.column)):
        rows.setdefault(place.row, []).append(place)
    in_a_row = [window for row in rows.values() for window in _windows(row, count)]
    side_by_side = [window for window in in_a_row if sit_side_by_side(window)]
    yield from _ranked(Arrangement.SIDE_BY_SIDE, side_by_side)
    yield from _ranked(Arrangement.SAME_ROW, [window for window in in_a_row if not sit_side_by_side(window)])
    for span in NEIGHBOURING_ROWS:
        yield from _ranked(Arrangement.NEIGHBOURING_ROWS, list(_blocks(rows, span, count)))
    for span in FURTHER_ROWS:
        yield from _ranked(Arrangement.APART, list(_scattered(rows, span, count)))


def _ranked(arrangement: Arrangement, sets: list[tuple[Place, ...]]) -> Iterator[Candidate]:
    return ((arrangement, places) for places in sorted(sets, key=_rank))


def _rank(places: tuple[Place, ...]) -> tuple[bool, int, int, bool, int, int]:
    """Exits are left to others; few rows, narrow, no middle seat for one alone, to the front."""
    columns = [2 * place.column + place.block for place in places]
    lone_middle = len(places) == 1 and places[0].position == SeatPosition.MIDDLE
    return (
        any(place.is_exit_row for place in places),
        len({place.row for place in places}),
        max(columns) - min(columns),
        lone_middle,
        places[0].row,
        places[0].column,
    )


def _windows(row: Sequence[Place], count: int) -> Iterator[tuple[Place, ...]]:
    """Every run of `count` free places of a row, with nothing but taken ones between them."""
    return (tuple(row[start : start + count]) for start in range(len(row) - count + 1))


def _tightest(row: Sequence[Place], count: int) -> tuple[Place, ...]:
    return min(_windows(row, count), key=lambda window: window[-1].column - window[0].column)


def _blocks(rows: Mapping[int, list[Place]], span: int, count: int) -> Iterator[tuple[Place, ...]]:
    """`count` places in `span` rows one behind the other, as evenly as they go and in as few columns as they go."""
    for first in rows:
        together = [rows.get(number, []) for number in range(first, first + span)]
        columns = sorted({place.column for row in together for place in row})
        for left in columns:
            yield from _narrowest(together, [column for column in columns if column >= left], count)


def _narrowest(rows: Sequence[Sequence[Place]], columns: Sequence[int], count: int) -> Iterator[tuple[Place, ...]]:
    """Places in as few of `columns`, from the first on, as leave nobody out and no row empty."""
    for right in columns:
        within = [[place for place in row if columns[0] <= place.column <= right] for row in rows]
        shares = [shares for shares in (_evenly(within, count), _fullest_first(within, count)) if shares]
        taken = [_taken(within, each) for each in shares if all(each)]
        if taken:
            yield from taken
            return


def _scattered(rows: Mapping[int, list[Place]], span: int, count: int) -> Iterator[tuple[Place, ...]]:
    """`count` places within `span` rows, in as few of them as they go."""
    for first in rows:
        near = [row for number, row in rows.items() if first <= number < first + span]
        shares = _fullest_first(near, count)
        if shares:
            yield _taken(near, shares)


def _taken(rows: Sequence[Sequence[Place]], shares: Sequence[int]) -> tuple[Place, ...]:
    return tuple(place for row, share in zip(rows, shares, strict=True) if share for place in _tightest(row, share))


def _evenly(rows: Sequence[Sequence[Place]], count: int) -> list[int]:
    """How many sit in each row, one more in turn where there is room; nothing where all of them do not fit."""
    if sum(len(row) for row in rows) < count:
        return []
    shares = [0] * len(rows)
    while sum(shares) < count:
        for index, row in enumerate(rows):
            if shares[index] < len(row) and sum(shares) < count:
                shares[index] += 1
    return shares


def _fullest_first(rows: Sequence[Sequence[Place]], count: int) -> list[int]:
    """How many sit in each row, the rows with the most room first; nothing where all of them do not fit."""
    shares = [0] * len(rows)
    for index in sorted(range(len(rows)), key=lambda index: -len(rows[index])):
        shares[index] = min(len(rows[index]), count - sum(shares))
    return shares if sum(shares) == count else []
