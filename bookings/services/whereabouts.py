"""Nobody is on two flights at the same time."""

from collections.abc import Iterable, Mapping, Sequence

from airlines.models import Flight
from bookings.exceptions import AlreadyBooked, TravellerElsewhere
from flights_project.gateway.models import User
from flights_project.lib.statements import fetch

ELSEWHERE = """
    SELECT coupon.identity, coupon.flight_id, flight.number, booking.owner_id
    FROM bookings_coupon coupon
    JOIN bookings_booking booking ON booking.id = coupon.booking_id
    JOIN airlines_flight flight ON flight.id = coupon.flight_id
    WHERE coupon.identity = ANY(%s) AND coupon.status IN ('held', 'open', 'checked_in', 'boarded')
      AND EXISTS (
        SELECT FROM unnest(%s::timestamptz[], %s::timestamptz[]) AS wished(departs_at, arrives_at)
        WHERE flight.departs_at < wished.arrives_at AND flight.arrives_at > wished.departs_at
      )
    ORDER BY coupon.id
    LIMIT 1
"""
"""The first live coupon of some people on a flight that flies while one of some others does."""


def lock_identities(identities: Iterable[str]) -> None:
    """Until the transaction ends nobody else books these people: a lock by name, for there is no row to lock yet.

    Taken in one order, so that two parties with the same people wait for each other and never for ever.
    """
    keys = sorted(int(identity[:15], 16) for identity in identities)
    fetch("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


def refuse_elsewhere(people: Mapping[str, str], flights: Sequence[Flight], *, by: User) -> None:
    """`people` are names by identity, `by` is whoever books them. Raises AlreadyBooked where somebody is on one of
    `flights`, TravellerElsewhere where on one that flies at the same time.

    Which flight it is learns only who may see the booking it is of: a name and a date of birth are no secret, and
    strangers are not told where people fly.
    """
    departures, arrivals = [flight.departs_at for flight in flights], [flight.arrives_at for flight in flights]
    elsewhere = fetch(ELSEWHERE, [list(people), departures, arrivals])
    if not elsewhere:
        return
    [(identity, flight_id, number, owner_id)] = elsewhere
    name, is_same = people[identity], flight_id in {flight.pk for flight in flights}
    refusal = AlreadyBooked if is_same else TravellerElsewhere
    if by.pk != owner_id and not by.has_perm("bookings.view_booking"):
        raise refusal(f"{name} cannot be booked on this journey.", traveller=name)
    why = "already has a seat on {} that day." if is_same else "is booked on {}, which flies at the same time."
    raise refusal(f"{name} {why.format(number)}", traveller=name, flight=number)
