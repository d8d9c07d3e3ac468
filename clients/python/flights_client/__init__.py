"""Search, book, pay and cancel through the Flights API."""

from flights_client.client import Flights
from flights_client.problems import Problem
from flights_client.webhooks import read_webhook

__all__ = ["Flights", "Problem", "read_webhook"]
