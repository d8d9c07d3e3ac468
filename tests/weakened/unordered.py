"""Cabins are locked one after the other, in an order left to chance."""

from random import shuffle

from airlines.models import FlightCabin
from airlines.services import inventory
from tests.weakened import application, let_others_in

__all__ = ["application"]


def lock_in_any_order(*, flights, cabin):
    chance = list(flights)
    shuffle(chance)
    rows = []
    for flight in chance:
        rows += FlightCabin.objects.filter(flight=flight, cabin=cabin).locked()
        let_others_in()
    return rows


inventory.lock_cabins = lock_in_any_order
