"""Other flights for everybody of a changed flight at once: proposed, edited by staff, and carried out.

Proposing writes the best way for each party into its open change, all seats shared out together (`fair_shares`). Staff
edit what is proposed and accept it for the travellers who have not answered; a worker then moves booking by booking,
each in a transaction of its own, so that no lock is held for long and a worker that is killed has lost nothing: the
next round goes on with what is left.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from airlines.models import Flight
from bookings.exceptions import FlightsDoNotFit
from bookings.models import Booking, ItineraryChange, Passenger
from bookings.querysets import ItineraryChangeQuerySet
from bookings.services import choices
from bookings.services.fair_shares import Party, Turn, Way, share_out
from bookings.services.itinerary_changes import Status
from bookings.services.rerouting import Part, Timetable, part_from
from bookings.services.rounds import count_done
from flights_project.gateway.models import User
from flights_project.lib.errors import DomainError

BATCH = 200


@dataclass(frozen=True, slots=True)
class Case:
    """A booking whose traveller has something to choose, with the ways that it could fly."""

    change: ItineraryChange
    part: Part
    ways: Sequence[Way]


@dataclass(frozen=True, slots=True)
class Shared:
    """What was proposed to how many bookings; `connections` of them went on by another flight."""

    connections: int
    same_day: int
    later: int
    without: int

    @property
    def bookings(self) -> int:
        """Who cannot keep their flight, whether there is another one or not."""
        return self.same_day + self.later + self.without


@transaction.atomic
def propose(*, flight: Flight, now: datetime) -> Shared:
    """Propose other flights to everybody of `flight` who has not answered and cannot keep it.

    What staff accepted already stays as it is. Proposing again shares out the seats of now.
    """
    timetable = Timetable(now)
    cannot_keep = _waiting(flight).exclude(cause__in=ItineraryChange.CAN_BE_KEPT)
    cases = _cases(cannot_keep, timetable)
    shared = share_out([_party(case) for case in cases], timetable.seats_left)
    changes = [case.change for case in cases]
    for change in changes:
        way = shared.get(change.pk)
        change.proposed, change.problem = list(way.flights) if way else [], ""
    ItineraryChange.objects.bulk_update(changes, ["proposed", "problem"])
    same_day = sum(way.days_later == 0 for way in shared.values())
    return Shared(
        connections=sum(not _turn(case.part).has_no_connection for case in cases),
        same_day=same_day,
        later=len(shared) - same_day,
        without=len(cases) - len(shared),
    )


def cases_of(*, flight: Flight, now: datetime) -> list[Case]:
    """Everybody of `flight` who has not answered, with other flights that have seats for them, in the fair order."""
    timetable = Timetable(now)
    cases = _cases(ItineraryChange.objects.open().filter(flight=flight), timetable)
    free = [Case(case.change, case.part, _with_seats(case, timetable.seats_left)) for case in cases]
    return sorted(free, key=lambda case: _turn(case.part))


@transaction.atomic
def edit(*, flight: Flight, proposed: Mapping[UUID, Sequence[int]], now: datetime) -> int:
    """Staff propose other flights (ids, in order), or none, by the id of the change; returns how many have changed.

    Whoever has answered meanwhile keeps the answer. Raises FlightsDoNotFit where flights are none of the ways that
    there are for a change.
    """
    cases = {case.change.pk: case for case in _cases(_waiting(flight), Timetable(now))}
    edited = []
    for pk, flights in proposed.items():
        case = cases.get(pk)
        if case is None or list(flights) == case.change.proposed:
            continue
        if flights and tuple(flights) not in {way.flights for way in case.ways}:
            raise FlightsDoNotFit(booking=str(case.part.booking))
        case.change.proposed, case.change.problem = list(flights), ""
        edited.append(case.change)
    ItineraryChange.objects.bulk_update(edited, ["proposed", "problem"])
    return len(edited)


@transaction.atomic
def accept_for_all(*, flight: Flight, by: User, now: datetime) -> int:
    """Staff accept what is proposed for everybody who has not answered; `carry_out` does it. Returns for how many."""
    waiting = [change.pk for change in _waiting(flight).exclude(proposed=[])]
    accepted = ItineraryChange.objects.filter(pk__in=waiting)
    return accepted.update(ordered_at=now, ordered_by=by, problem="")


def carry_out(*, now: datetime) -> int:
    """Move everybody for whom staff accepted, booking by booking; returns how many were moved.

    One that cannot be moved is left for staff, with the reason. Any number of workers may do it at once, or again.
    """
    waiting = ItineraryChange.objects.to_carry_out().order_by("ordered_at", "pk")

    def step(change: ItineraryChange) -> bool:
        return _carry_out(change, now)

    return count_done(step, list(waiting[:BATCH]))


def _carry_out(change: ItineraryChange, now: datetime) -> bool:
    try:
        with transaction.atomic():
            free = Booking.objects.filter(pk=change.booking_id)
            if not free.select_for_update(of=("self",), no_key=True, skip_locked=True).exists():
                return False  # another worker, or the traveller, is at it: the next round looks again
            ordered = ItineraryChange.objects.to_carry_out().filter(pk=change.pk).select_related("ordered_by").first()
            if ordered is None or ordered.ordered_by is None:
                return False
            choices.accept(change=ordered, by=ordered.ordered_by, now=now)
    except DomainError as error:
        left = ItineraryChange.objects.to_carry_out().filter(pk=change.pk)
        left.update(ordered_at=None, proposed=[], problem=error.code)
        return False
    return True


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the travellers of a flight are: numbers of bookings."""

    kept: int
    moved: int
    refunded: int
    under_way: int
    proposed: int
    without: int
    """Nothing is proposed to them."""

    @property
    def all(self) -> int:
        return self.kept + self.moved + self.refunded + self.waiting

    @property
    def waiting(self) -> int:
        return self.under_way + self.proposed + self.without

    @property
    def answered(self) -> int:
        return self.all - self.waiting


def progress_of(flight: Flight) -> Progress:
    """One query."""
    rows = ItineraryChange.objects.filter(flight=flight).values_list("status", "ordered_at", "proposed")
    states = [_state(*row) for row in rows]
    names = ("kept", "moved", "refunded", "under_way", "proposed", "without")
    return Progress(**{name: states.count(name) for name in names})


def _state(status: str, ordered_at: datetime | None, proposed: Sequence[int]) -> str:
    if status != Status.OPEN:
        return status
    return "under_way" if ordered_at else "proposed" if proposed else "without"


def _waiting(flight: Flight) -> ItineraryChangeQuerySet:
    """Locked until the transaction ends: nobody answers while it is proposed to."""
    return ItineraryChange.objects.open().filter(flight=flight, ordered_at=None).locked()


def _cases(changes: Iterable[ItineraryChange], timetable: Timetable) -> list[Case]:
    found = list(changes)
    bookings = Booking.objects.with_journey().in_bulk([change.booking_id for change in found])
    cases = []
    for change in found:
        part = part_from(bookings[change.booking_id], change.flight_id)
        if part is not None:
            cases.append(Case(change, part, timetable.ways(part, without=choices.not_again(change))))
    return cases


def _with_seats(case: Case, seats_left: Mapping[int, int]) -> list[Way]:
    return [way for way in case.ways if all(seats_left[flight] >= case.part.seats for flight in way.taking)]


def _party(case: Case) -> Party:
    return Party(case.change.pk, case.part.seats, _turn(case.part), case.ways)


def _turn(part: Part) -> Turn:
    booking = part.booking
    return Turn(
        has_no_connection=part.before is None and len(part.segments) == 1,
        has_no_children=all(traveller.type == Passenger.Type.ADULT for traveller in part.travellers),
        family=-booking.family.position,
        booked_at=booking.held_at.timestamp(),
        booking=booking.pk,
    )
