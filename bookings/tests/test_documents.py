"""The files of a booking, read back by the libraries that other programs read them with."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from itertools import pairwise

import pytest
from icalendar import Calendar
from pypdf import PdfReader

from airlines.tests.factories import TaxRuleFactory, make_flight
from bookings.models import Booking
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.documents import write_document
from bookings.services.irregular_days import cancel_flight, change_gate, delay_flight
from bookings.services.seating import choose_seats
from bookings.tests.factories import adult, child, infant, make_booking, make_hold
from notifications.channels.email import mail_of
from notifications.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    TaxRuleFactory(code="IN", amount=Decimal(300))
    return make_flight("DEL", "LHR", departs_at=in_a_month, hours=9, number="KV161")


def written(booking, document, now):
    fresh = Booking.objects.with_journey().get(pk=booking.pk)
    return write_document(fresh, document, now=now)


def pdf_of(booking, now):
    return PdfReader(BytesIO(written(booking, "e_ticket", now).content))


def words_of(booking, now):
    return " ".join(pdf_of(booking, now).pages[0].extract_text().split())


def events(content):
    return list(Calendar.from_ical(content).walk("VEVENT"))


def invitations(kind):
    """Method and event of each invitation that the newest mail of a kind carries."""
    message = Message.objects.filter(kind=kind, way="email").order_by("-written_at", "-subject").first()
    parts = [part for part in mail_of(message).message().walk() if part.get_content_type() == "text/calendar"]
    return [(part.get_param("method"), *events(part.get_payload(decode=True))) for part in parts]


class TestETicket:
    def test_it_says_what_a_ticket_says_on_one_page(self, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now, travellers=[adult(given_name="Zoë", family_name="O'Neil")])

        pdf, words = pdf_of(booking, now), words_of(booking, now)

        assert len(pdf.pages) == 1
        assert (pdf.pages[0].mediabox.width, pdf.pages[0].mediabox.height) == pytest.approx((595.28, 841.89), abs=0.1)
        ticket = booking.passengers.get().ticket
        for wanted in (
            booking.locator,
            "Zoë O'Neil",
            str(ticket),
            "KV161",
            "12:00, Sun 20 Dec 2026",
            "15:30, Sun 20 Dec 2026",
            "New Delhi (DEL)",
            "London (LHR)",
            "Fare ₹4,000",
            "IN User development fee ₹300",
            "Paid, with all taxes ₹4,300",
            "Conditions of the fare",
            "Check-in closes 60 minutes before departure.",
        ):
            assert wanted in words

    def test_it_lists_the_seats(self, traveller, now, in_a_month):
        flight = make_flight(departs_at=in_a_month, number="KV101")
        flight.cabins.get(cabin="economy").fares.get().family.__class__.objects.update(seat_choice_included=True)
        booking = make_booking(traveller, flight, now=now)
        choose_seats(booking=booking, choices={(flight.pk, 0): "12A"}, now=now)

        assert "KV101 12A" in words_of(booking, now)

    def test_nine_travellers_on_six_flights_still_fit_on_one_page(self, traveller, now, in_a_month):
        places = ["DEL", "BOM", "BLR", "LHR", "JFK", "LHR", "DEL"]
        flights = [
            make_flight(start, end, departs_at=in_a_month + timedelta(days=2 * n), hours=9)
            for n, (start, end) in enumerate(pairwise(places))
        ]
        party = [
            adult(),
            adult(),
            adult(),
            child(),
            child(),
            child(),
            child(),
            infant(with_adult=0),
            infant(with_adult=1),
        ]
        booking = make_booking(traveller, *flights, now=now, travellers=party)

        assert len(pdf_of(booking, now).pages) == 1
        assert flights[5].number in words_of(booking, now)

    @pytest.mark.parametrize(
        ("name", "printed"), [("Łukasz", "Łukasz"), ("Gergő", "Gergő"), ("Ђорђе", "Djordje"), ("李", "Li")]
    )
    def test_letters_that_the_font_lacks_are_written_in_latin_ones(self, traveller, flight, now, name, printed):
        booking = make_booking(traveller, flight, now=now, travellers=[adult(given_name=name)])

        words = words_of(booking, now)

        assert "■" not in words
        assert printed in words

    def test_it_says_which_flight_was_cancelled(self, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)

        assert "cancelled" in words_of(booking, now)


class TestCalendar:
    def test_flights_are_in_the_local_times_of_their_airports(self, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)
        content = written(booking, "calendar", now).content

        [event] = events(content)
        assert (event.start, event.end) == (flight.departs_at, flight.arrives_at)
        assert b"DTSTART;TZID=Asia/Kolkata:20261220T120000" in content
        assert b"DTEND;TZID=Europe/London:20261220T153000" in content
        assert {zone["TZID"] for zone in Calendar.from_ical(content).walk("VTIMEZONE")} == {
            "Asia/Kolkata",
            "Europe/London",
        }
        assert event["SUMMARY"] == "KV161 New Delhi to London"
        assert booking.locator in event["DESCRIPTION"]

    def test_a_flight_keeps_its_uid_and_each_change_raises_the_sequence(self, traveller, flight, now):
        make_booking(traveller, flight, now=now)
        [(method, first)] = invitations("booking_confirmed")
        moved = flight.departs_at + timedelta(hours=5)
        delay_flight(flight=flight, departs_at=moved, arrives_at=moved + timedelta(hours=9), now=now)
        [(_method, second)] = invitations("flight_delayed")
        change_gate(flight=flight, gate="1", now=now)
        change_gate(flight=flight, gate="2", now=now)
        [(_method, third)] = invitations("gate_changed")
        cancel_flight(flight=flight, now=now)
        [(last_method, last)] = invitations("flight_cancelled")

        assert (method, last_method) == ("REQUEST", "CANCEL")
        assert len({str(event["UID"]) for event in (first, second, third, last)}) == 1
        assert [int(event["SEQUENCE"]) for event in (first, second, third)] == [0, 1, 3]
        assert int(last["SEQUENCE"]) > 3
        assert second.start == moved
        assert "gate 2" in third["LOCATION"]
        assert last["STATUS"] == "CANCELLED"

    def test_what_the_traveller_cancels_leaves_the_calendar_and_the_rest_stays(
        self, traveller, flight, now, in_a_month
    ):
        way_back = make_flight("LHR", "DEL", departs_at=in_a_month + timedelta(days=5), number="KV162")
        booking = make_booking(traveller, flight, way_back, now=now)
        entered = {str(event["SUMMARY"])[:5]: event for _method, event in invitations("booking_confirmed")}
        quote = quote_cancellation(booking=booking, now=now, slices=[1])
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)

        [(method, event)] = invitations("booking_cancelled")

        assert (method, event["UID"]) == ("CANCEL", entered["KV162"]["UID"])
        assert int(event["SEQUENCE"]) > int(entered["KV162"]["SEQUENCE"])
        [kept] = events(written(booking, "calendar", now).content)
        assert kept["UID"] == entered["KV161"]["UID"]

    def test_an_invitation_names_one_flight_the_airline_and_the_traveller(self, traveller, flight, now):
        make_booking(traveller, flight, now=now)

        [(_method, event)] = invitations("booking_confirmed")

        assert str(event["ATTENDEE"]) == f"mailto:{traveller.email}"
        assert str(event["ORGANIZER"]).startswith("mailto:travel@")


class TestTakingThemAway:
    @pytest.fixture
    def booked(self, traveller, flight, now):
        return make_booking(traveller, flight, now=now)

    def test_the_confirmation_carries_ticket_and_invitation(self, booked):
        mail = mail_of(Message.objects.get(kind="booking_confirmed")).message()

        kinds = [part.get_content_type() for part in mail.walk()]
        assert kinds.count("application/pdf") == 1
        assert kinds.count("text/calendar") == 1
        assert f"e-ticket-{booked.locator}.pdf" in [part.get_filename() for part in mail.walk()]

    def test_the_trips_page_offers_both(self, page_of, traveller, booked):
        page = page_of(traveller)
        shown = page.get(f"/trips/{booked.locator}/").content.decode()

        for name, starts, media_type in [
            ("e-ticket.pdf", b"%PDF-", "application/pdf"),
            ("flights.ics", b"BEGIN:VCALENDAR", "text/calendar; charset=utf-8"),
        ]:
            path = f"/trips/{booked.locator}/{name}"
            answer = page.get(path)
            assert path in shown
            assert answer.content.startswith(starts)
            assert answer["Content-Type"] == media_type

    def test_the_api_lists_and_gives_them(self, as_user, traveller, booked):
        mine = as_user(traveller)
        documents = mine.get(f"/api/v1/bookings/{booked.locator}/").json()["documents"]

        assert [each["document"] for each in documents] == ["e_ticket", "calendar"]
        assert mine.get(documents[0]["url"]).content.startswith(b"%PDF-")
        assert mine.get(documents[1]["url"]).content.startswith(b"BEGIN:VCALENDAR")

    def test_a_hold_has_none(self, as_user, page_of, traveller, flight, now):
        hold = make_hold(traveller, flight, now=now)

        assert as_user(traveller).get(f"/api/v1/bookings/{hold.locator}/").json()["documents"] == []
        assert as_user(traveller).get(f"/api/v1/bookings/{hold.locator}/documents/e_ticket/").status_code == 404
        assert page_of(traveller).get(f"/trips/{hold.locator}/e-ticket.pdf").status_code == 404

    def test_anothers_are_not_there(self, as_user, page_of, stranger, booked):
        assert as_user(stranger).get(f"/api/v1/bookings/{booked.locator}/documents/calendar/").status_code == 404
        assert page_of(stranger).get(f"/trips/{booked.locator}/flights.ics").status_code == 404

    def test_there_is_no_other_document(self, as_user, traveller, booked):
        assert as_user(traveller).get(f"/api/v1/bookings/{booked.locator}/documents/passport/").status_code == 404
