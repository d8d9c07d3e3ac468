"""Messages and files in the language of the account; amounts, days and plurals as Hindi has them."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from airlines.tests.factories import make_flight
from bookings.models import Booking
from bookings.services.documents import write_document
from bookings.services.irregular_days import cancel_flight
from bookings.tests.factories import adult, child, make_booking
from notifications.models import Message
from notifications.services.rendering import render

pytestmark = pytest.mark.django_db

HINDI = {"accept-language": "hi"}


@pytest.fixture
def flight(in_a_month):
    return make_flight("DEL", "LHR", departs_at=in_a_month, number="KV161", fares={"light": 145000})


@pytest.fixture
def booking(traveller, flight, now):
    traveller.language = "hi"
    traveller.save()
    return make_booking(traveller, flight, now=now)


def test_a_traveller_is_told_in_their_language(booking):
    mail = render(Message.objects.get(kind="booking_confirmed"))

    assert mail.subject == f"बुकिंग {booking.locator} पक्की हो गई: London, रवि 20 दिस॰ 2026"
    assert "आपकी बुकिंग हो गई" in mail.text
    assert "KV161 रवि 20 दिस॰ 2026 को 12:00 बजे New Delhi से रवाना होगी।" in mail.html
    assert 'lang="hi"' in mail.html


def test_the_choices_after_a_cancellation_are_in_it_too(booking, now):
    cancel_flight(flight=booking.segments.get().flight, now=now)

    text = render(Message.objects.get(kind="flight_cancelled", way="email")).text
    assert "पूरे पैसे वापस" in text


def test_calendar_and_ticket_are_in_it(booking, now):
    fresh = Booking.objects.with_journey().get(pk=booking.pk)

    calendar = write_document(fresh, "calendar", now=now).content.decode()
    ticket = write_document(fresh, "e_ticket", now=now).content

    assert "KV161 New Delhi से London" in calendar
    assert b"/Lang (hi)" in ticket
    assert "₹1,45,000" in PdfReader(BytesIO(ticket)).pages[0].extract_text()


def test_a_ticket_in_hindi_is_set_in_a_font_that_has_its_letters(booking, now):
    fresh = Booking.objects.with_journey().get(pk=booking.pk)

    ticket = write_document(fresh, "e_ticket", now=now).content

    assert b"Mukta-Regular" in ticket
    assert b"Mukta-Bold" in ticket
    assert "रवानगी" in PdfReader(BytesIO(ticket)).pages[0].extract_text()


def test_a_page_of_a_trip_counts_and_prices_in_hindi(page_of, traveller, flight, now):
    booking = make_booking(traveller, flight, now=now, travellers=[adult(), child()])

    page = page_of(traveller).get(f"/trips/{booking.locator}/", headers=HINDI).content.decode()

    assert "₹2,53,750" in page
    assert "रवि 20 दिस॰ 2026" in page


@pytest.mark.parametrize(("children", "expected"), [(1, "1 वयस्क, 1 बच्चा"), (2, "1 वयस्क, 2 बच्चे")])
def test_plurals_are_those_of_hindi(client, flight, children, expected):
    asked = {"origin": "DEL", "destination": "LHR", "depart_on": f"{flight.departs_on}", "children": children}

    assert expected in client.get("/search/", asked, headers=HINDI).content.decode()


def test_strangers_read_on_in_english(booking, client):
    assert '<html lang="en"' in client.get("/").content.decode()
