"""Seats, as a traveller chooses them."""

from datetime import timedelta

import pytest

from airlines.models import FareFamily, Seat
from airlines.tests.factories import AirplaneFactory, economy, make_flight
from airlines.tests.reading import read
from bookings.services.payment import pay
from bookings.services.seating import choose_seats
from bookings.tests.factories import adult, child, make_booking, make_hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    flight = make_flight(departs_at=in_a_month, number="KV101", airplane=AirplaneFactory(cabins=[economy(1, 4)]))
    FareFamily.objects.update(seat_fee=300)
    Seat.objects.filter(row=4).update(is_exit_row=True)
    return flight


@pytest.fixture
def mine(page_of, traveller):
    return page_of(traveller)


@pytest.fixture
def booking(traveller, flight, now):
    people = [adult(), child(given_name="Dev", family_name="Rao")]
    return make_hold(traveller, flight, now=now, travellers=people)


def seats_page(booking, flight=None, who=0):
    path = f"/trips/{booking.locator}/seats/"
    return f"{path}?flight={flight.pk}&traveller={who}" if flight else path


def save(client, booking, flight, seat, who=0, **changes):
    page = read(client.get(seats_page(booking, flight, who)))
    totals = {name: page.value(name) for name in ("total_with", "total_without")}
    return client.post(seats_page(booking, flight, who), totals | {"seat": seat} | changes, follow=True)


def seats_of(booking):
    return [str(each.seat) if each.seat else None for each in booking.coupons.order_by("passenger__position")]


def test_says_what_each_seat_is_and_what_it_costs(mine, booking, flight, stranger, now):
    choose_seats(booking=make_hold(stranger, flight, now=now), choices={(flight.pk, 0): "1B"}, now=now)

    page = read(mine.get(seats_page(booking, flight, 1)))

    for words in (
        "Seat of Dev Rao on KV101, New Delhi to Mumbai",
        "A seat of your choice costs ₹300 on this flight. The booking costs ₹7,300 with it and ₹7,000 without.",
        "1A, window, free",
        "1B, middle, taken",
        "4A, window, exit row, not for this traveller",
        "At most ₹600 more: ₹7,600 in total",
    ):
        assert words in page.words


def test_a_saved_seat_leads_to_who_has_none_and_then_to_payment(mine, booking, flight):
    first = save(mine, booking, flight, "1A")
    assert "Seat of Dev Rao" in read(first).words

    last = save(mine, booking, flight, "1B", who=1)

    assert last.redirect_chain[-1][0] == f"/trips/{booking.locator}/pay/"
    assert "Pay ₹7,600" in read(last).words
    assert seats_of(booking) == ["1A", "1B"]


def test_two_swap_by_choosing_a_companions_seat(mine, booking, flight, now):
    choose_seats(booking=booking, choices={(flight.pk, 0): "1A", (flight.pk, 1): "1B"}, now=now)
    assert "1B, middle, Dev Rao sits here: swap" in read(mine.get(seats_page(booking, flight))).words

    save(mine, booking, flight, "1B")

    assert seats_of(booking) == ["1B", "1A"]


def test_nothing_is_saved_for_more_than_was_shown(mine, booking, flight):
    answer = save(mine, booking, flight, "1A", total_with="7000")

    assert "The price has changed from ₹7,000 to ₹7,300" in read(answer).words
    assert seats_of(booking) == [None, None]


@pytest.mark.parametrize("seat", ["1Z", "window", "99A"])
def test_a_seat_that_is_none_changes_nothing(mine, booking, flight, seat):
    assert save(mine, booking, flight, seat).status_code == 200
    assert seats_of(booking) == [None, None]


@pytest.mark.parametrize("query", ["?flight=x&traveller=0", "?flight=1", "?flight=0&traveller=99"])
def test_an_address_that_names_nobody_shows_the_first(mine, booking, query):
    assert "Seat of Asha" in read(mine.get(seats_page(booking) + query)).words


def test_us_together_says_what_it_did(mine, booking):
    page = read(mine.get(seats_page(booking)))

    answer = mine.post(f"{seats_page(booking)}together/", {"total": page.value("total")}, follow=True)

    assert "KV101: You sit side by side in row 1." in read(answer).words
    assert seats_of(booking) == ["1B", "1A"]


def test_us_together_costs_no_more_than_was_shown(mine, booking):
    answer = mine.post(f"{seats_page(booking)}together/", {"total": "7000"}, follow=True)

    assert "The price has changed" in read(answer).words
    assert seats_of(booking) == [None, None]


def test_paid_seats_are_changed_for_nothing_and_shown_on_the_trip(mine, booking, flight, now):
    choose_seats(booking=booking, choices={(flight.pk, 0): "1A"}, now=now)
    pay(booking=booking, gateway="sandbox", token="tok_ok", now=now)
    assert "The choice is paid" in read(mine.get(seats_page(booking, flight))).words

    trip = read(save(mine, booking, flight, "2F"))

    assert "Seat KV101 2F" in trip.words
    assert trip.link("Choose seats") == seats_page(booking)


@pytest.mark.parametrize("path", ["", "pay/"])
def test_trip_and_payment_lead_there(mine, booking, path):
    assert read(mine.get(f"/trips/{booking.locator}/{path}")).link("Choose seats") == seats_page(booking)


def test_after_the_tickets_seats_are_chosen_for_all_and_paid_together(mine, traveller, flight, now):
    booking = make_booking(traveller, flight, now=now, travellers=[adult(), adult()])

    second = read(save(mine, booking, flight, "1A"))
    assert "The booking costs" in second.words  # on to the companion
    page = read(save(mine, booking, flight, "1B", 1))
    assert "Pay ₹600" in page.words
    assert "KV101 1A" in page.words
    assert "Let these seats go" not in page.words

    trip = read(mine.get(f"/trips/{booking.locator}/"))
    assert "You chose seats that are not paid yet" in trip.words
    card = {"token": "tok_ok", "total": page.value("total")}
    paid = read(mine.post(f"/trips/{booking.locator}/pay/", card, follow=True))

    assert "not paid yet" not in paid.words
    assert seats_of(booking) == ["1A", "1B"]


def test_the_price_of_other_seats_is_not_charged(mine, traveller, flight, now):
    booking = make_booking(traveller, flight, now=now, travellers=[adult(), adult()])
    choose_seats(booking=booking, choices={(flight.pk, 0): "1A", (flight.pk, 1): "1B"}, now=now)

    page = read(mine.post(f"/trips/{booking.locator}/pay/", {"token": "tok_ok", "total": "300"}))

    assert "The price is ₹600 now" in page.words
    assert seats_of(booking) == [None, None]


def test_where_nothing_can_be_chosen_it_leads_back_to_the_trip(mine, traveller, flight, now):
    booking = make_booking(traveller, flight, now=now)
    FareFamily.objects.update(seat_fee=None)

    answer = mine.get(seats_page(booking), follow=True)

    assert "There are no seats to choose for this booking now." in read(answer).words
    assert "Choose seats" not in read(answer).links


def test_anothers_booking_is_not_there(page_of, stranger, booking):
    client = page_of(stranger)

    assert client.get(seats_page(booking)).status_code == 404
    assert client.post(f"{seats_page(booking)}together/").status_code == 404


@pytest.mark.parametrize("rows", [4, 40])
def test_takes_as_many_queries_for_a_large_cabin_and_two_flights(
    mine, traveller, in_a_month, now, rows, django_assert_max_num_queries
):
    plane = AirplaneFactory(cabins=[economy(1, rows)])
    flights = [
        make_flight(departs_at=in_a_month + timedelta(days=day), airplane=plane) for day in range(rows // 20 + 1)
    ]
    FareFamily.objects.update(seat_choice_included=True)
    booking = make_hold(traveller, *flights, now=now, travellers=[adult(), adult()])
    mine.get(seats_page(booking))

    with django_assert_max_num_queries(19):
        mine.get(seats_page(booking))
