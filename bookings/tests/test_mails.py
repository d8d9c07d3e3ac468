"""What the owner of a booking is told: every message made by what causes it, and read as its owner reads it."""

import re

import pytest

from airlines.tests.factories import make_flight
from bookings.models import Refund
from bookings.services import expiry, reminders, settlement
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.payment import pay
from bookings.tests.factories import adult, infant, make_booking, make_hold
from notifications.models import Message
from notifications.services.rendering import render

pytestmark = pytest.mark.django_db

KINDS = [
    "booking_held",
    "booking_confirmed",
    "payment_failed",
    "hold_expired",
    "payment_refunded",
    "flight_reminder",
    "booking_cancelled",
]


@pytest.fixture
def flight(in_a_month):
    return make_flight("DEL", "LHR", departs_at=in_a_month, hours=18.5, number="KV161")


@pytest.fixture
def told(traveller, flight, now, settings):
    """Makes a message of a kind happen, and returns it as the owner gets it."""

    def happen(kind, **names):
        people = [adult(given_name="Meera", family_name=names.get("family_name", "Iyer")), infant(with_adult=0)]
        if kind in {"booking_confirmed", "flight_reminder", "booking_cancelled"}:
            booking = make_booking(traveller, flight, now=now, travellers=people)
        else:
            hold = make_hold(traveller, flight, now=now, travellers=people)
        if kind == "payment_failed":
            pay(booking=hold, gateway="sandbox", token="tok_declined", now=now)
        elif kind == "hold_expired":
            expiry.expire_holds(now=hold.payment_required_by)
        elif kind == "payment_refunded":
            pay(booking=hold, gateway="sandbox", token="tok_ok", now=now)
            hold.refresh_from_db()
            settlement._refund_in_full(hold, hold.payments.get(), Refund.Reason.SEATS_GONE, now)
        elif kind == "booking_cancelled":
            quote = quote_cancellation(booking=booking, now=now)
            confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)
        elif kind == "flight_reminder":
            reminders.remind_due(now=flight.departs_at - settings.REMINDER_BEFORE_DEPARTURE)
        return render(Message.objects.get(kind=kind))

    return happen


def words_of(html):
    return " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL).split())


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_says_which_booking_and_flight_in_text_and_html(told, kind):
    mail = told(kind)
    locator = Message.objects.get(kind=kind).context["locator"]

    for words in (mail.text, words_of(mail.html)):
        assert locator in words
        assert "KV161" in words


@pytest.mark.parametrize("kind", KINDS)
def test_every_subject_is_one_short_line(told, kind):
    mail = told(kind)

    assert 10 < len(mail.subject) < 78
    assert mail.subject == mail.subject.strip()
    assert not set("{}<>\n") & set(mail.subject)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_empty_or_unrendered(told, kind):
    mail = told(kind)

    for words in (mail.text, words_of(mail.html)):
        assert "None" not in words
        assert "{%" not in words
        assert "{{" not in words
        assert "₹₹" not in words
        assert "  ," not in words


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("booking_held", ["Pay ₹4,400 by", "12:20 IST, Fri 20 Nov 2026", "/pay/", "Mini", "infant"]),
        ("booking_confirmed", ["You are booked", "897-", "₹4,400", "Light, Economy", "Meera Iyer"]),
        ("payment_failed", ["No money was taken", "You can pay another way until", "/pay/"]),
        ("hold_expired", ["ran out at 12:20 IST", "No money was taken"]),
        ("payment_refunded", ["not booked", "₹4,400", "You do not have to do anything"]),
        ("booking_cancelled", ["is cancelled, as you asked", "Meera Iyer, KV161", "Coming back to you  ₹4,400"]),
        ("flight_reminder", ["Sun 20 Dec 2026 at 12:00, local time", "897-"]),
    ],
)
def test_each_message_says_what_its_reader_needs(told, kind, words):
    mail = told(kind)

    for wanted in words:
        assert wanted in mail.text


@pytest.mark.parametrize("kind", ["booking_confirmed", "flight_reminder"])
def test_times_are_local_and_say_when_the_day_is_another(told, kind):
    mail = told(kind)

    words = " ".join(mail.text.split())
    assert "12:00 New Delhi (DEL)" in words
    assert "01:00 +1 London (LHR)" in words
    assert "01:00 +1 London (LHR)" in words_of(mail.html)


def test_names_are_plain_in_text_and_harmless_in_html(told):
    mail = told("booking_confirmed", family_name="O'Neil")

    assert "Meera O'Neil" in mail.text
    assert "Meera O'Neil" in words_of(mail.html)


@pytest.mark.parametrize("kind", KINDS)
def test_html_carries_everything_with_it(told, kind):
    html = told(kind).html

    assert not re.search(r"<(img|script|link|iframe|form)\b", html)
    assert not re.search(r"url\(|@import", html)
    assert 'name="color-scheme" content="light dark"' in html


@pytest.mark.parametrize(
    ("reason", "words"), [("paid_twice", "Nothing changes for the booking."), ("wrong_amount", "another amount")]
)
def test_money_that_goes_back_says_why(traveller, flight, now, reason, words):
    hold = make_hold(traveller, flight, now=now)
    pay(booking=hold, gateway="sandbox", token="tok_ok", now=now)
    settlement._refund_in_full(hold, hold.payments.get(), Refund.Reason(reason), now)

    mail = render(Message.objects.get(kind="payment_refunded"))

    assert words in mail.text
    assert words in words_of(mail.html)
    assert "seats had already gone" not in mail.text + mail.html
