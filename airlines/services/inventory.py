"""Seats of flights: hold, sell, give back. Nothing else writes the counters.

Where more is sold than a cabin's seats and limit allow (`FlightCabin.excess`), what is given back takes that off first.

Every function runs inside the caller's transaction. `lock_cabins` comes first and once, for all flights of a booking
in primary-key order, so that two bookings over the same flights wait for each other and never for ever. The updates
are guarded all the same, and CHECK constraints stand behind them.
"""

from collections.abc import Iterable, Sequence

from airlines.exceptions import SeatsGone
from airlines.models import Flight, FlightCabin
from airlines.services import changes
from airlines.services.stale_lows import Mark, mark
from flights_project.lib.statements import columns, execute, fetch, instances

LOCK = f"""
    SELECT {columns(FlightCabin, "inventory")}, {columns(Flight, "flight")}
    FROM airlines_flightcabin inventory
    JOIN airlines_flight flight ON flight.id = inventory.flight_id
    WHERE inventory.flight_id = ANY(%s) AND inventory.cabin = %s
    ORDER BY inventory.id
    FOR NO KEY UPDATE OF inventory
"""  # noqa: S608 -- made of our own names
COUNT = """
    UPDATE airlines_flightcabin
    SET seats_held = seats_held + %(held)s, seats_sold = seats_sold + %(sold)s,
        capacity = capacity - LEAST(excess, %(back)s),
        overbooking = overbooking - LEAST(excess, %(back)s),
        excess = excess - LEAST(excess, %(back)s)
    WHERE id = ANY(%(cabins)s)
      AND seats_held + %(held)s >= 0 AND seats_sold + %(sold)s >= 0
      AND seats_held + seats_sold + %(held)s + %(sold)s <= capacity
"""
"""By hand, as all of this path (`flights_project/lib/statements.py`): whoever books waits for it."""


def lock_cabins(*, flights: Iterable[int], cabin: str) -> list[FlightCabin]:
    """Lock `cabin` of each of `flights` (ids) until the transaction ends; returns the rows in primary-key order."""
    rows = fetch(LOCK, [list(flights), cabin])
    cabins: list[FlightCabin] = []
    for row in rows:
        inventory, inventory.flight = instances((FlightCabin, Flight), row)
        cabins.append(inventory)
    return cabins


def hold_seats(*, cabins: Sequence[FlightCabin], seats: int) -> None:
    """Count `seats` as held on every one of `cabins`. Raises SeatsGone where one has fewer left."""
    if not _count(cabins, held=seats):
        raise SeatsGone(seats_left=min(cabin.seats_left for cabin in cabins))


def sell_seats(*, cabins: Sequence[FlightCabin], seats: int) -> None:
    """Count `seats` that nobody held as sold on every one of `cabins`. Raises SeatsGone where one has fewer left."""
    if not _count(cabins, sold=seats):
        raise SeatsGone(seats_left=min(cabin.seats_left for cabin in cabins))


def sell_held_seats(*, cabins: Sequence[FlightCabin], seats: int) -> None:
    """Held seats become sold ones. As many are left as before."""
    _give_back(cabins, held=-seats, sold=seats)


def release_held_seats(*, cabins: Sequence[FlightCabin], seats: int) -> None:
    """Held seats can be sold to others again."""
    _give_back(cabins, held=-seats)


def return_sold_seats(*, cabins: Sequence[FlightCabin], seats: int) -> None:
    """Sold seats can be sold to others again."""
    _give_back(cabins, sold=-seats)


def _give_back(cabins: Sequence[FlightCabin], *, held: int = 0, sold: int = 0) -> None:
    if not _count(cabins, held=held, sold=sold):
        raise RuntimeError(f"counters of cabins {[cabin.pk for cabin in cabins]} do not hold what is given back")


def _count(cabins: Sequence[FlightCabin], *, held: int = 0, sold: int = 0) -> bool:
    """Count so many more, or fewer, as held and sold, and tell how many seats are left. False where not all of
    `cabins` can: the caller raises."""
    back = max(0, -(held + sold))
    counted = {"cabins": [cabin.pk for cabin in cabins], "held": held, "sold": sold, "back": back}
    if execute(COUNT, counted) != len(cabins):
        return False
    for cabin in cabins:
        cabin.seats_held += held
        cabin.seats_sold += sold
        cabin.fit(seats=cabin.seats, limit=cabin.limit)
    if held + sold:  # held seats that are sold leave as many as before
        changes.announce(changes.seats_of(cabin) for cabin in cabins)
        mark(
            Mark((cabin.flight.origin_id, cabin.flight.destination_id), cabin.flight.departs_on)
            for cabin in cabins
            if (cabin.seats_left < 1) != (cabin.seats_left + held + sold < 1)
        )
    return True
