"""Searches, books, pays and cancels, at FLIGHTS_URL with FLIGHTS_KEY: `python example.py DEL BOM 2026-12-05`."""

import os
import sys

from flights_client import Flights, Problem
from flights_client.models import Passenger


def main(origin: str, destination: str, depart_on: str) -> None:
    traveller: Passenger = {"type": "adult", "given_name": "Asha", "family_name": "Rao", "born_on": "1990-04-05"}
    with Flights(os.environ["FLIGHTS_URL"], key=os.environ["FLIGHTS_KEY"]) as flights:
        offers = flights.search(origin=origin, destination=destination, depart_on=depart_on, sort="price")
        offer = offers[0]["offer"]
        try:
            booking = flights.hold(offer, passengers=[traveller], contact={"email": "asha@example.com"})
        except Problem as problem:
            if problem.code != "price_changed":
                raise
            offer = problem.members["offer"]  # agree to the new price, or ask the traveller
            booking = flights.hold(offer, passengers=[traveller], contact={"email": "asha@example.com"})
        locator = booking["locator"]
        payment = flights.pay(locator, gateway="sandbox", token="tok_ok", total=booking["total"])
        print(locator, payment["status"], flights.booking(locator)["tickets"][0]["number"])
        quote = flights.quote_cancellation(locator)
        flights.confirm_cancellation(locator, quote["id"])
        cancelled = flights.booking(locator)
        print("cancelled, refund", quote["refund"]["amount"], quote["refund"]["currency"])
        print([coupon["status"] for passenger in cancelled["passengers"] for coupon in passenger["coupons"]])
        print([(refund["amount"]["amount"], refund["status"]) for refund in cancelled["refunds"]])


if __name__ == "__main__":
    main(*sys.argv[1:])
