"""The desk's pages for what is for sale."""

from airlines.admin.fares import FareFamilyAdmin, FlightFareAdmin, TaxRuleAdmin
from airlines.admin.fleet import AirplaneAdmin, SeatAdmin
from airlines.admin.flights import FlightAdmin
from airlines.admin.network import AirportAdmin, CityAdmin, CountryAdmin

__all__ = [
    "AirplaneAdmin",
    "AirportAdmin",
    "CityAdmin",
    "CountryAdmin",
    "FareFamilyAdmin",
    "FlightAdmin",
    "FlightFareAdmin",
    "SeatAdmin",
    "TaxRuleAdmin",
]
