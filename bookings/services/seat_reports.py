"""Why each seat of a flight is or isn't available, for staff who are asked. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from airlines.models import Flight, FlightCabin, Seat
from bookings.models import Coupon, Passenger
from bookings.services.seat_maps import seat_map


@dataclass(frozen=True, slots=True)
class SeatReport:
    """One seat: blocked for a reason, taken by a coupon, or free where it is neither."""

    name: str
    blocked_for: str
    coupon: Coupon | None


@dataclass(frozen=True, slots=True)
class CabinReport:
    """A cabin's counters beside its coupons, each seat, and who flies without a seat of their own yet."""

    cabin: FlightCabin
    held: int
    sold: int
    seats: list[SeatReport]
    without_seat: list[Coupon]

    @property
    def adds_up(self) -> bool:
        """Whether the counters say what the coupons say."""
        return (self.cabin.seats_held, self.cabin.seats_sold) == (self.held, self.sold)


def explain_seats(flight: Flight) -> list[CabinReport]:
    """A report for each cabin of `flight`, front to back; the number of queries grows with cabins, not with seats."""
    coupons = list(
        Coupon.objects.filter(flight=flight)
        .exclude(status__in=Coupon.ENDED)
        .select_related("booking", "passenger", "seat")
        .order_by("booking__locator", "passenger__position")
    )
    return [_explain(flight, cabin, coupons) for cabin in flight.cabins.order_by("pk")]


def _explain(flight: Flight, cabin: FlightCabin, coupons: Sequence[Coupon]) -> CabinReport:
    here = [coupon for coupon in coupons if coupon.booking.cabin == cabin.cabin]
    seated = {coupon.seat_id: coupon for coupon in here if coupon.seat_id is not None}
    blocked = dict(
        Seat.objects.filter(cabin__airplane=flight.airplane_id, cabin__cabin=cabin.cabin)
        .exclude(blocked_for="")
        .values_list("pk", "blocked_for")
    )
    counted = [coupon for coupon in here if coupon.passenger.type != Passenger.Type.INFANT]
    held = sum(coupon.status == Coupon.Status.HELD for coupon in counted)
    return CabinReport(
        cabin=cabin,
        held=held,
        sold=len(counted) - held,
        seats=[
            SeatReport(
                seat.name,
                str(Seat.BlockedFor(blocked[seat.pk]).label) if seat.pk in blocked else "",
                seated.get(seat.pk),
            )
            for seat in seat_map(flight=flight, cabin=cabin.cabin).seats.values()
        ],
        without_seat=[coupon for coupon in counted if coupon.seat_id is None],
    )
