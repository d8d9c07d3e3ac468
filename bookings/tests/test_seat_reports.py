import pytest

from airlines.models import FareFamily, FlightCabin, Seat
from airlines.tests.factories import make_flight
from bookings.services.seat_reports import explain_seats
from bookings.services.seating import choose_seats
from bookings.tests.factories import adult, infant, make_booking, make_hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(integrator, in_a_month, now):
    """Five seats: 1A blocked, 2A sold, a hold without a seat number; an infant on a lap."""
    flight = make_flight(departs_at=in_a_month, seats=5)
    Seat.objects.filter(row=1).update(blocked_for="broken")
    sold = make_booking(integrator, flight, now=now, travellers=[adult(family_name="Rao"), infant()])
    FareFamily.objects.update(seat_choice_included=True)
    choose_seats(booking=sold, choices={(flight.pk, 0): "2A"}, now=now)
    make_hold(integrator, flight, now=now, travellers=[adult(family_name="Bose")])
    return flight


def test_each_seat_says_why(flight):
    [report] = explain_seats(flight)

    assert [
        (seat.name, seat.blocked_for, seat.coupon and seat.coupon.passenger.family_name) for seat in report.seats
    ] == [
        ("1A", "broken", None),
        ("2A", "", "Rao"),
        ("3A", "", None),
        ("4A", "", None),
        ("5A", "", None),
    ]
    assert [coupon.passenger.family_name for coupon in report.without_seat] == ["Bose"]
    assert (report.held, report.sold, report.adds_up) == (1, 1, True)


def test_counters_that_differ_are_seen(flight):
    FlightCabin.objects.update(seats_sold=3)

    assert not explain_seats(flight)[0].adds_up


def test_staff_read_it_on_a_page(page_of, agent, flight):
    desk = page_of(agent)

    assert (
        f"/admin/airlines/flight/{flight.pk}/seats/"
        in desk.get(f"/admin/airlines/flight/{flight.pk}/change/").content.decode()
    )
    page = desk.get(f"/admin/airlines/flight/{flight.pk}/seats/").content.decode()

    for words in ("5 seats: 1 sold, 1 held, 3 left.", "The coupons say the same.", "Blocked: broken", "Asha Rao, open"):
        assert words in page


def test_nobody_else_does(page_of, client, traveller, flight):
    path = f"/admin/airlines/flight/{flight.pk}/seats/"

    assert client.get(path).status_code == 302
    assert page_of(traveller).get(path).status_code != 200
