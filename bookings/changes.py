"""What the airline changed of a booking, as its traveller is shown it and chooses."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from airlines.models import Flight
from bookings.models import ItineraryChange
from bookings.services.choices import offer_of, offer_to_move, part_of, refund_of, ways_of
from bookings.services.journeys import BookedSlice

WAYS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class OtherWay:
    """Flights that can be had instead, with what is agreed to by moving to them as they are now."""

    part: BookedSlice
    offered: str


@dataclass(frozen=True)
class ShownChange:
    """A change at an instant, with the flights that can be had instead."""

    change: ItineraryChange
    now: datetime

    @cached_property
    def booked(self) -> BookedSlice | None:
        """What it is about: from the changed flight to the end of this direction."""
        part = part_of(self.change)
        return BookedSlice(tuple(part.flights)) if part else None

    @cached_property
    def offered(self) -> str:
        """What `accept` would agree to: sent back with it, so that nobody accepts what they have not seen."""
        return offer_of(self.change)

    @cached_property
    def _ways(self) -> list[tuple[int, ...]]:
        return [way.flights for way in ways_of(self.change, now=self.now)[:WAYS_SHOWN]]

    @cached_property
    def _flights(self) -> dict[int, Flight]:
        shown = {flight for way in self._ways for flight in way} | set(self.change.proposed)
        return Flight.objects.with_places().in_bulk(shown)

    @property
    def proposal(self) -> BookedSlice | None:
        """None where nothing is proposed, or a flight of it is gone."""
        flights = [self._flights.get(pk) for pk in self.change.proposed]
        return BookedSlice(tuple(flight for flight in flights if flight)) if flights and all(flights) else None

    @property
    def others(self) -> list[OtherWay]:
        """Other flights with seats for everybody, the best first."""
        ways = [tuple(self._flights[pk] for pk in way) for way in self._ways if list(way) != self.change.proposed]
        return [OtherWay(BookedSlice(way), offer_to_move(self.change, way)) for way in ways]

    @cached_property
    def refund(self) -> Decimal:
        return refund_of(self.change, now=self.now)
