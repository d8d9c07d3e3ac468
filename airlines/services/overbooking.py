"""How many seats of a cabin may be sold beyond those of the airplane, for travellers who do not come.

The limit is a part of the capacity, so that whoever holds or sells seats asks the same question as before, and the same
CHECK constraint stands behind it: held and sold seats are at most those of the airplane and the limit.

A smaller airplane or a blocked seat may leave more sold than that. What is beyond (`FlightCabin.excess`) counts as part
of the limit only as long as it is taken.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from airlines.exceptions import FlightClosed
from airlines.models import Flight, FlightCabin
from airlines.services.announcements import announce
from airlines.services.changes import status_of
from flights_project.lib.errors import InvalidRequest


@transaction.atomic
def set_overbooking(*, flight: Flight, cabin: str, seats: int) -> FlightCabin:
    """Let `seats` of `cabin` be sold beyond those of the airplane; 0 for none. Locks the flight, then its cabins.

    Raises FlightClosed, and InvalidRequest where more are sold or held already, naming `overbooking`; what exceeds the
    limit of now does not stand in its way.
    """
    locked = Flight.objects.select_for_update(of=("self",), no_key=True).get(pk=flight.pk)
    if locked.status not in Flight.FOR_SALE:
        raise FlightClosed
    inventory = next((each for each in locked.cabins.all().locked() if each.cabin == cabin), None)
    if inventory is None:
        raise InvalidRequest({"overbooking": [_("The airplane has no such cabin.")]})
    least = inventory.taken - inventory.seats - inventory.excess
    if seats < least:
        words = _("%(least)d seats beyond those of the airplane are sold or held: it cannot be less.")
        raise InvalidRequest({"overbooking": [words % {"least": least}]})
    inventory.fit(seats=inventory.seats, limit=seats)
    inventory.save(update_fields=["capacity", "overbooking", "excess"])
    announce([status_of(locked)])
    return inventory


def share_of(cabin: FlightCabin, percent: int) -> int:
    """So many percent of the airplane's seats in `cabin`, rounded down."""
    return cabin.seats * percent // 100
