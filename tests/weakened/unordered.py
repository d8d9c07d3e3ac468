"""Cabins are locked one after the other, in an order left to chance."""

from random import shuffle

from airlines.models import FlightCabin
from airlines.services import inventory
from tests.weakened import application

__all__ = ["application"]


def lock_in_any_order(*, flights, cabin):
    chance = list(flights)
    shuffle(chance)
    rows = []
    for flight in chance:
        rows += FlightCabin.objects.filter(flight=flight, cabin=cabin).locked()
    return rows


inventory.lock_cabins = lock_in_any_order
