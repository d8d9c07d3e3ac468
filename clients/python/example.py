"""Searches, books, pays and cancels, at FLIGHTS_URL with FLIGHTS_KEY: `python example.py DEL BOM 2026-12-05`."""

import os
import sys

from flights_client import Flights, Problem
from flights_client.models import Booking, Passenger

ASHA: Passenger = {"type": "adult", "given_name": "Asha", "family_name": "Rao", "born_on": "1990-04-05"}


def hold(flights: Flights, offer: str) -> Booking:
    try:
        return flights.hold(offer, passengers=[ASHA], contact={"email": "asha@example.com"})
    except Problem as problem:
        if problem.code != "price_changed":
            raise
        return hold(flights, problem.members["offer"])  # agrees to the new price: you would ask the traveller


with Flights(os.environ["FLIGHTS_URL"], key=os.environ["FLIGHTS_KEY"]) as flights:
    origin, destination, depart_on = sys.argv[1:]
    cheapest = flights.search(origin=origin, destination=destination, depart_on=depart_on, sort="price")[0]
    locator = (booking := hold(flights, cheapest["offer"]))["locator"]
    payment = flights.pay(locator, gateway="sandbox", token="tok_ok", total=booking["total"])
    print(locator, payment["status"], flights.booking(locator)["tickets"][0]["number"])
    quote = flights.quote_cancellation(locator)
    flights.confirm_cancellation(locator, quote["id"])
    print("cancelled, refund", quote["refund"]["amount"], quote["refund"]["currency"])
    print([(refund["amount"]["amount"], refund["status"]) for refund in flights.booking(locator)["refunds"]])
