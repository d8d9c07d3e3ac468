"""What flights have sold and earned, and when they sold it. Reads only.

Earned are the fares, without taxes, of coupons that are sold and not cancelled, and what was kept of cancelled ones.
Infants have a coupon and no seat: they count in what was earned, not among the seats.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.db.models.functions import ExtractDay

from airlines.models import Flight, FlightCabin
from airlines.services.pricing_rules import days_left, load_percent
from bookings.models import Coupon, Passenger
from flights_project.lib.money import rounded

NOT_ON_A_LAP = ~Q(passenger__type=Passenger.Type.INFANT)
SUMS: dict[str, Any] = {
    "seats": Count("pk", filter=Q(status__in=Coupon.SOLD) & NOT_ON_A_LAP),
    "fares": Sum("fare", filter=Q(status__in=Coupon.SOLD), default=Decimal()),
    "kept": Sum("penalty", default=Decimal()),
}
NOTHING: dict[str, Any] = {"seats": 0, "fares": Decimal(), "kept": Decimal()}
PACE_DAYS = (90, 60, 45, 30, 21, 14, 10, 7, 5, 3, 2, 1, 0)
"""Whole days to departure at which a flight is compared."""
COMPARED = 30
"""A flight is compared with so many that have left on its route, the last ones."""
COMPARED_WITHIN = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Earnings:
    """Seats, how many of them are sold, and the money."""

    capacity: int
    seats: int
    earned: Decimal

    @property
    def load_percent(self) -> int:
        return load_percent(taken=self.seats, capacity=self.capacity)

    @property
    def average(self) -> Decimal:
        """For each seat sold."""
        return rounded(self.earned / self.seats, settings.CURRENCY) if self.seats else Decimal()


@dataclass(frozen=True, slots=True)
class RouteEarnings(Earnings):
    """Of all flights of a route together."""

    origin: str
    destination: str
    flights: int


def earnings_of(flights: Sequence[Flight]) -> list[Earnings]:
    """One for each of `flights`, in their order, in one query; their cabins should be loaded."""
    sold = Coupon.objects.filter(flight__in=flights).order_by().values("flight").annotate(**SUMS)
    by_flight = {row["flight"]: row for row in sold}
    return [
        _earnings(sum(cabin.capacity for cabin in flight.cabins.all()), by_flight.get(flight.pk, NOTHING))
        for flight in flights
    ]


def _earnings(capacity: int, row: Any) -> Earnings:
    return Earnings(capacity, row["seats"], row["fares"] + row["kept"])


def routes_of(*, first_day: date, last_day: date) -> list[RouteEarnings]:
    """The routes flown between two local dates of departure, both included, in two queries; by their airports. Seats
    of cancelled flights are not offered; what was kept of them is earned."""
    route = ("flight__origin__iata", "flight__destination__iata")
    within = Q(flight__departs_on__range=(first_day, last_day))
    sold = Coupon.objects.filter(within).order_by().values(*route).annotate(**SUMS)
    earned: dict[Any, dict[str, Any]] = {tuple(row[end] for end in route): dict(row) for row in sold}
    offered = FlightCabin.objects.filter(within).exclude(flight__status=Flight.Status.CANCELLED).order_by()
    counted = offered.values_list(*route).annotate(Count("flight", distinct=True), Sum("capacity"))
    offers = {(origin, end): (flights, seats) for origin, end, flights, seats in counted}
    return [_route(key, offers.get(key, (0, 0)), earned.get(key, NOTHING)) for key in sorted({*offers, *earned})]


def _route(route: tuple[str, str], offered: tuple[int, int], row: dict[str, Any]) -> RouteEarnings:
    (origin, destination), (flights, capacity) = route, offered
    return RouteEarnings(capacity, row["seats"], row["fares"] + row["kept"], origin, destination, flights)


@dataclass(frozen=True, slots=True)
class PacePoint:
    """Seats sold until so many whole days before departure, by the flight and by the others on average; None for what
    is still to come, and where there is nothing to compare with."""

    days: int
    seats: int | None
    mean: Decimal | None

    @property
    def ahead(self) -> Decimal | None:
        return None if self.seats is None or self.mean is None else self.seats - self.mean


@dataclass(frozen=True, slots=True)
class Pace:
    """How a flight has filled beside the last `compared` of its route that have left."""

    points: list[PacePoint]
    compared: int


def pace_of(flight: Flight, *, now: datetime) -> Pace:
    """In three queries, whatever was sold."""
    others = _departed(flight, now)
    own, theirs = _until(_sold_by_days([flight.pk])), _until(_sold_by_days(others))
    reached = max(days_left(flight.departs_at, now), 0)
    points = [
        PacePoint(
            days,
            own[days] if days >= reached else None,
            (Decimal(theirs[days]) / len(others)).quantize(Decimal("0.1")) if others else None,
        )
        for days in PACE_DAYS
    ]
    return Pace(points, len(others))


def _departed(flight: Flight, now: datetime) -> list[int]:
    """The last flights of the route that have left."""
    gone = Flight.objects.filter(
        origin=flight.origin_id,
        destination=flight.destination_id,
        departs_at__lt=now,
        departs_at__gte=now - COMPARED_WITHIN,
    ).exclude(Q(status=Flight.Status.CANCELLED) | Q(pk=flight.pk))
    return list(gone.order_by("-departs_at").values_list("pk", flat=True)[:COMPARED])


def _sold_by_days(flights: Iterable[int]) -> dict[int, int]:
    """How many seats, of those that are still sold, were sold so many whole days before departure."""
    before = ExpressionWrapper(F("flight__departs_at") - F("booking__confirmed_at"), output_field=DurationField())
    sold: QuerySet[Coupon] = Coupon.objects.filter(
        NOT_ON_A_LAP, flight__in=list(flights), status__in=Coupon.SOLD, booking__confirmed_at__isnull=False
    )
    return dict(sold.order_by().annotate(days=ExtractDay(before)).values_list("days").annotate(Count("pk")))


def _until(sold: dict[int, int]) -> dict[int, int]:
    """For each of `PACE_DAYS`, what was sold until then."""
    return {days: sum(seats for sold_at, seats in sold.items() if sold_at >= days) for days in PACE_DAYS}
