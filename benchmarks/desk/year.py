"""A year of the airline, written by PostgreSQL itself: nine months that were flown and three that are on sale.

What was sold adds up as if the services had sold it: counters are made from the coupons, and `reconcile` finds nothing.
The triggers that keep the history are off meanwhile, so no row has a past.
"""

import time
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from airlines.models import Flight
from benchmarks.desk.sold import STATEMENTS
from benchmarks.search.catalogue import Catalogue, grow, open_sale
from bookings.models import Booking
from bookings.services.reconciliation import reconcile

DAYS = 365
AHEAD = 90
A_DAY = 60
"""Flights of one network a day: ten legs, six times."""


def kept() -> str:
    """What an earlier run has kept, in words; empty where there is nothing yet.

    Raises RuntimeError for a year that was not written to its end.
    """
    flights, bookings = Flight.objects.count(), Booking.objects.count()
    if flights and not bookings:
        raise RuntimeError("The year that was kept is not whole: make clean, or run without --keep.")
    return f"{flights:,} flights, {bookings:,} bookings, as they were kept" if flights else ""


def make(*, flights: int, bookings: int) -> str:
    """Write the year; returns what there is, in words. Raises RuntimeError where it does not add up."""
    started = time.perf_counter()
    networks = max(round(flights / (A_DAY * DAYS)), 1)
    first = timezone.now().date() - timedelta(days=DAYS - AHEAD)
    sale = open_sale()
    year = grow(Catalogue(sale.networks, first, DAYS), networks)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute("SELECT setseed(0.7)")
        for statement in STATEMENTS:
            cursor.execute(statement, {"bookings": bookings, "people": max(bookings // 5, 1)})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    differences = reconcile()
    if differences:
        raise RuntimeError(f"{len(differences)} differences, the first: {differences[0]}")
    seconds = time.perf_counter() - started
    return f"{year.flights:,} flights, {bookings:,} bookings, nothing differs; written in {seconds:.0f} s"
