"""The desk's pages for what is for sale."""

from airlines.admin.fare_changes import FareChangeAdmin
from airlines.admin.fares import FareFamilyAdmin, TaxRuleAdmin
from airlines.admin.fleet import AirplaneAdmin, AirplaneTypeAdmin, SeatAdmin
from airlines.admin.flight_fares import FlightFareAdmin
from airlines.admin.flights import FlightAdmin
from airlines.admin.network import AirportAdmin, CityAdmin, ConnectionTimeAdmin, CountryAdmin
from airlines.admin.pricing import PricingRuleAdmin

__all__ = [
    "AirplaneAdmin",
    "AirplaneTypeAdmin",
    "AirportAdmin",
    "CityAdmin",
    "ConnectionTimeAdmin",
    "CountryAdmin",
    "FareChangeAdmin",
    "FareFamilyAdmin",
    "FlightAdmin",
    "FlightFareAdmin",
    "PricingRuleAdmin",
    "SeatAdmin",
    "TaxRuleAdmin",
]
