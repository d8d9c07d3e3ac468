"""What is for sale: network, fleet, flights, fares."""

from airlines.models.fares import FareFamily, FlightFare, TaxRule
from airlines.models.fleet import Airplane, Cabin, CabinClass, Seat
from airlines.models.flights import Flight, FlightCabin
from airlines.models.network import Airport, City

__all__ = [
    "Airplane",
    "Airport",
    "Cabin",
    "CabinClass",
    "City",
    "FareFamily",
    "Flight",
    "FlightCabin",
    "FlightFare",
    "Seat",
    "TaxRule",
]
