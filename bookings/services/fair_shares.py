"""Who gets which seats where a flight's travellers are all to be moved: pure calculation, no database.

Parties choose one after the other, in the order of `Party.turn`, each the best way for which there are seats for all
of it. So nobody is split, no flight gets more than it has, and the same question has the same answer.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Way:
    """Flights (ids) in order of travel. `taking` are those on which the party has no seats so far."""

    flights: tuple[int, ...]
    taking: tuple[int, ...]
    days_later: int
    """Than the local day that was booked: same day first."""
    arrives: int
    departs: int

    @property
    def rank(self) -> tuple[int, int, int, tuple[int, ...]]:
        """The lower the better: the day, then the arrival, then fewer flights."""
        return self.days_later, self.arrives, len(self.flights), self.flights


class Turn(NamedTuple):
    """The fair order, the lowest first. Of two the first in this list decides:

    who goes on by another flight, and would miss it; who travels with children or infants; the dearer fare family;
    who booked first.
    """

    has_no_connection: bool
    has_no_children: bool
    family: int
    """The dearer, the lower."""
    booked_at: float
    booking: int


@dataclass(frozen=True, slots=True)
class Party:
    """The travellers of a booking who are to be moved together; infants need no seats."""

    key: Hashable
    seats: int
    turn: Turn
    ways: Sequence[Way]


def share_out(parties: Iterable[Party], seats_left: Mapping[int, int]) -> dict[Hashable, Way]:
    """A way for each party by its key; none for those for whom there is none. `seats_left` are by flight."""
    left, found = dict(seats_left), {}
    for party in sorted(parties, key=lambda party: party.turn):
        for way in sorted(party.ways, key=lambda way: way.rank):
            if all(left.get(flight, 0) >= party.seats for flight in way.taking):
                found[party.key] = way
                for flight in way.taking:
                    left[flight] -= party.seats
                break
    return found
