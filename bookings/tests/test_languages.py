"""Messages and files in the language of the account; what is offered is whole."""

import ast
import re
from io import BytesIO
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.translation.template import templatize
from pypdf import PdfReader

from airlines.tests.factories import make_flight
from bookings.models import Booking
from bookings.services.documents import write_document
from bookings.services.irregular_days import cancel_flight
from bookings.tests.factories import make_booking
from notifications.kinds import KINDS
from notifications.models import Message
from notifications.services.rendering import render

pytestmark = pytest.mark.django_db

GERMAN = settings.BASE_DIR / "locale/de/LC_MESSAGES/django.po"
STRING = r"""(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
PARTS = re.compile(r"%\(\w+\)[sd]|</?\w+>")


def words_in(source: str) -> list[str]:
    """What is marked for translation in Python, or in a template made into it."""
    return [ast.literal_eval(found) for found in re.findall(rf"(?:gettext|_)\(u?({STRING})", source)]


def sources() -> dict[str, list[str]]:
    mails = {path.name: templatize(path.read_text()) for path in mail_templates()}
    files = {name: (settings.BASE_DIR / name).read_text() for name in FILES}
    return {name: words_in(text) for name, text in (mails | files).items()}


FILES = ["bookings/services/e_tickets.py", "bookings/services/calendars.py", "bookings/services/telling.py"]


def mail_templates() -> list[Path]:
    """Of all that travellers have to know; what they were sent for the asking may be in English alone."""
    unasked = {f"{name}.html" for name, kind in KINDS.items() if kind.unasked}
    templates = (settings.BASE_DIR / "templates/notifications/mail").glob("*.html")
    return sorted(path for path in templates if path.name not in unasked)


def test_every_word_of_mails_tickets_and_calendars_is_translated():
    translated = {entry.msgid for entry in polib.pofile(str(GERMAN)).translated_entries()}

    missing = {name: [word for word in words if word not in translated] for name, words in sources().items()}

    assert {name: words for name, words in missing.items() if words} == {}


def test_translations_keep_the_facts_and_the_markup():
    for entry in polib.pofile(str(GERMAN)):
        if entry.msgstr:
            assert sorted(PARTS.findall(entry.msgid)) == sorted(PARTS.findall(entry.msgstr)), entry.msgid


def test_what_is_read_at_run_time_is_what_was_written():
    assert polib.pofile(str(GERMAN)).to_binary() == GERMAN.with_suffix(".mo").read_bytes()


@pytest.fixture
def booking(traveller, now, in_a_month):
    traveller.language = "de"
    traveller.save()
    return make_booking(traveller, make_flight("DEL", "LHR", departs_at=in_a_month, number="KV161"), now=now)


def test_a_traveller_is_told_in_their_language(booking):
    mail = render(Message.objects.get(kind="booking_confirmed"))

    assert mail.subject == f"Buchung {booking.locator} ist bestätigt: London, So 20. Dez 2026"
    assert "Alle Zeiten sind Ortszeiten der Flughäfen." in mail.text
    assert 'lang="de"' in mail.html


def test_the_choices_after_a_cancellation_are_in_it_too(booking, now):
    cancel_flight(flight=booking.segments.get().flight, now=now)

    assert "Ihr ganzes Geld zurück" in render(Message.objects.get(kind="flight_cancelled", way="email")).text


def test_ticket_and_calendar_are_in_it(booking, now):
    fresh = Booking.objects.with_journey().get(pk=booking.pk)

    ticket = PdfReader(BytesIO(write_document(fresh, "e_ticket", now=now).content)).pages[0].extract_text()
    calendar = write_document(fresh, "calendar", now=now).content.decode()

    assert "Bedingungen des Tarifs" in ticket
    assert "KV161 New Delhi nach London" in calendar


def test_staff_and_strangers_read_on_in_english(booking, client):
    assert 'lang="en"' in client.get("/").content.decode()
