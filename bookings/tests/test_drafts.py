"""What was typed of who travels is not lost: another price, another flight, the way back, the page loaded again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from airlines.models import FlightCabin
from airlines.services.pricing import Party
from airlines.tests.factories import make_flight
from airlines.tests.reading import read
from bookings import drafts
from bookings.models import Booking
from bookings.tests.factories import claim_for

pytestmark = pytest.mark.django_db

ASHA = {"title": "ms", "given_name": "Aşa", "family_name": "O'Rao", "born_on": "1990-04-05"}
CONTACT = {"contact-email": "asa@example.com", "contact-phone": "+91 98765 43210"}


@pytest.fixture
def mine(page_of, traveller):
    return page_of(traveller)


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101")


def typed(position=0, **changes):
    return {f"passengers-{position}-{name}": value for name, value in (ASHA | changes).items()}


def offer_of(flight, now, **party):
    return claim_for([flight], now=now, party=Party(**party)).token


def names_on(client, offer):
    page = read(client.get("/book/", {"offer": offer}))
    places = [field.split("-")[1] for field in page.fields if field.endswith("given_name")]
    return [page.value(f"passengers-{place}-given_name") for place in places]


def test_names_are_there_again_when_other_flights_are_chosen(mine, flight, now, in_a_month):
    offer = offer_of(flight, now)
    FlightCabin.objects.filter(cabin="economy").update(seats_sold=150)
    gone = mine.post("/book/", {"offer": offer} | typed() | CONTACT)
    other = make_flight("DEL", "BLR", departs_at=in_a_month)

    page = read(mine.get("/book/", {"offer": offer_of(other, now)}))

    assert gone.status_code == 410
    assert "The names that you typed are kept" in read(gone).words
    assert [page.value(f"passengers-0-{name}") for name in ("given_name", "family_name", "born_on")] == [
        "Aşa",
        "O'Rao",
        "1990-04-05",
    ]
    assert [page.value(name) for name in CONTACT] == list(CONTACT.values())


def test_names_are_kept_while_they_are_typed(mine, flight, now):
    offer = offer_of(flight, now)

    answer = mine.post("/book/typed/", {"offer": offer} | typed(born_on=""))

    assert answer.status_code == 204
    assert names_on(mine, offer) == ["Aşa"]
    assert not Booking.objects.exists()


def test_each_goes_to_the_next_place_for_their_kind(mine, flight, now):
    family = offer_of(flight, now, adults=2, children=1)
    people = typed(0) | typed(1, given_name="Dev") | typed(2, given_name="Mini")
    mine.post("/book/typed/", {"offer": family} | people)

    assert names_on(mine, offer_of(flight, now, adults=1, children=2)) == ["Aşa", "Mini", ""]


def test_back_from_the_payment_shows_the_names_and_the_way_on(mine, flight, now):
    offer = offer_of(flight, now)
    mine.post("/book/", {"offer": offer} | typed() | CONTACT)
    booking = Booking.objects.get()

    page = read(mine.get("/book/", {"offer": offer}))

    assert "You hold seats on these flights already" in page.words
    assert page.link("Go on to payment") == f"/trips/{booking.locator}/pay/"
    assert page.value("passengers-0-given_name") == "Aşa"


def test_each_offer_keeps_its_own_names(mine, flight, now, in_a_month):
    offer = offer_of(flight, now)
    other = offer_of(make_flight("DEL", "BLR", departs_at=in_a_month), now)
    mine.post("/book/typed/", {"offer": offer} | typed())
    assert names_on(mine, other) == ["Aşa"]

    mine.post("/book/typed/", {"offer": other} | typed(given_name="Dev"))

    assert (names_on(mine, offer), names_on(mine, other)) == (["Aşa"], ["Dev"])


def test_a_new_price_keeps_the_names_of_its_offer(mine, flight, now):
    claim = claim_for([flight], now=now)
    mine.post("/book/typed/", {"offer": claim.token} | typed())

    assert names_on(mine, replace(claim, total=claim.total + 1).token) == ["Aşa"]


def test_paying_forgets_the_names_of_its_own_offer_only(mine, flight, now, in_a_month):
    other = offer_of(make_flight("DEL", "BLR", departs_at=in_a_month + timedelta(days=2)), now)
    mine.post("/book/typed/", {"offer": other} | typed(given_name="Dev"))
    offer = offer_of(flight, now)
    mine.post("/book/", {"offer": offer} | typed() | CONTACT)
    booking = Booking.objects.get()

    mine.post(f"/trips/{booking.locator}/pay/", {"token": "tok_ok", "total": booking.total})

    assert (names_on(mine, offer), names_on(mine, other)) == (["Asha"], ["Dev"])


def test_names_are_forgotten_once_the_booking_is_paid(mine, flight, now):
    offer = offer_of(flight, now)
    mine.post("/book/", {"offer": offer} | typed() | CONTACT)
    booking = Booking.objects.get()

    mine.post(f"/trips/{booking.locator}/pay/", {"token": "tok_ok", "total": booking.total})

    assert not drafts.is_kept(mine.session)


def test_names_are_forgotten_after_a_while(mine, flight, now, monkeypatch):
    monkeypatch.setattr(drafts, "KEPT_FOR", timedelta(0))
    offer = offer_of(flight, now)

    mine.post("/book/typed/", {"offer": offer} | typed())

    assert names_on(mine, offer) == ["Asha"]


def test_nobody_finds_them_after_the_log_out_or_from_elsewhere(mine, page_of, traveller, flight, now):
    offer = offer_of(flight, now)
    mine.post("/book/typed/", {"offer": offer} | typed())
    assert names_on(page_of(traveller), offer) == ["Asha"]

    mine.post("/accounts/logout/")
    mine.force_login(traveller, backend="django.contrib.auth.backends.ModelBackend")

    assert names_on(mine, offer) == ["Asha"]


def test_no_more_is_kept_than_a_form_takes(mine, flight, now):
    everything = typed(given_name="x" * 10_000) | {"passengers-0-note": "y", "passengers-7-given_name": "z"}

    mine.post("/book/typed/", {"offer": offer_of(flight, now)} | everything)

    kept = drafts.recall(mine.session, offer=claim_for([flight], now=now))
    assert set(kept) == set(typed())
    assert len(kept["passengers-0-given_name"]) == drafts.LONGEST


def test_an_offer_that_is_none_of_ours_keeps_nothing(mine):
    assert mine.post("/book/typed/", {"offer": "x"} | typed()).status_code == 400
    assert not drafts.is_kept(mine.session)
