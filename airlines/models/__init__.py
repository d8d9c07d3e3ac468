"""What is for sale: network, fleet, flights, fares."""

from airlines.models.fare_changes import FareChange, FareChangeLine
from airlines.models.fares import FareFamily, FlightFare, TaxRule
from airlines.models.fleet import Airplane, Cabin, CabinClass, Seat
from airlines.models.flights import Flight, FlightCabin
from airlines.models.lows import Low, LowsBasis, StaleLow
from airlines.models.network import Airport, AirportWords, City, ConnectionTime, Country, PlaceWord, Route
from airlines.models.price_alerts import PriceAlert
from airlines.models.pricing import PricingBand, PricingRule
from airlines.models.reference import ReferenceStamp
from airlines.models.schedules import AirplaneType, Schedule, ScheduleAirplane, ScheduleFare

__all__ = [
    "Airplane",
    "AirplaneType",
    "Airport",
    "AirportWords",
    "Cabin",
    "CabinClass",
    "City",
    "ConnectionTime",
    "Country",
    "FareChange",
    "FareChangeLine",
    "FareFamily",
    "Flight",
    "FlightCabin",
    "FlightFare",
    "Low",
    "LowsBasis",
    "PlaceWord",
    "PriceAlert",
    "PricingBand",
    "PricingRule",
    "ReferenceStamp",
    "Route",
    "Schedule",
    "ScheduleAirplane",
    "ScheduleFare",
    "Seat",
    "StaleLow",
    "TaxRule",
]
