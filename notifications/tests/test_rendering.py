"""How a message becomes words, and how the desk shows it."""

import re

import pytest
from django.contrib.messages import get_messages
from django.template import TemplateDoesNotExist

from notifications.models import Message, Refusal
from notifications.services.rendering import render

pytestmark = pytest.mark.django_db

MESSAGES = "/admin/notifications/message/"
FLIGHT = {
    "number": "KV161",
    "origin": "DEL",
    "origin_city": "New Delhi",
    "origin_airport": "Indira Gandhi International Airport",
    "origin_terminal": "3",
    "destination": "LHR",
    "destination_city": "London",
    "destination_airport": "Heathrow Airport",
    "destination_terminal": "",
    "departs_on": "Sun 20 Dec 2026",
    "departs": "12:00",
    "arrives": "16:30",
    "day_offset": 0,
}
BOOKING = {
    "locator": "KV2T9X",
    "trip_url": "https://fly.example.com/trips/KV2T9X/",
    "pay_url": "https://fly.example.com/trips/KV2T9X/pay/",
    "total": {"amount": "104500.50", "currency": "INR"},
    "cabin": "Economy",
    "family": "Light",
    "payment_required_by": "12:20 IST, Fri 20 Nov 2026",
    "flights": [FLIGHT],
    "passengers": [{"name": "Meera Iyer", "type": "adult", "ticket": "897-2400000001"}],
}


def rendered(kind="booking_confirmed", **changes):
    return render(Message(kind=kind, subject="KV2T9X", recipient="a@example.com", context=BOOKING | changes))


def account_message(body="Go to https://example.com/reset/abc/ & choose one."):
    context = {"headline": "Reset your <password>", "body": body}
    return Message(kind="account", subject="reset 1", recipient="asha@example.com", context=context)


def plain(mail):
    """The words of the text without the spaces that align them."""
    return " ".join(mail.text.split())


def test_the_subject_is_the_title_of_the_page_and_text_and_html_have_one_source():
    mail = rendered()

    assert mail.subject == "Booking KV2T9X is confirmed: London, Sun 20 Dec 2026"
    assert f"<title>{mail.subject}</title>" in mail.html
    assert "You are booked\n\nYour booking code:\n\nKV2T9X\n" in mail.text
    assert "See your trip: https://fly.example.com/trips/KV2T9X/" in mail.text
    assert "KV161 leaves New Delhi" not in mail.text  # the line that lists of mails show below the subject


def test_styles_stand_in_the_elements_and_dark_colours_in_the_head():
    html = rendered().html

    head, _, body = html.partition("</head>")
    assert "prefers-color-scheme: dark" in head
    assert re.search(r'class="button-words" [^>]*style="[^"]*color: #ffffff', body)
    assert "line-height: 30px" not in head


def test_money_is_written_as_its_currency_is():
    assert "₹1,04,500.50" in rendered().text
    assert "€1,200" in rendered(total={"amount": "1200.00", "currency": "EUR"}).text


@pytest.mark.parametrize(
    ("offset", "arrival"), [(0, "16:30 London (LHR)"), (1, "16:30 +1 London"), (-1, "16:30 -1 London")]
)
def test_an_arrival_on_another_day_says_so(offset, arrival):
    mail = rendered(flights=[FLIGHT | {"day_offset": offset}])

    assert arrival in plain(mail)
    assert "+0" not in mail.html


def test_a_terminal_is_named_where_it_is_known():
    mail = rendered()

    assert "Indira Gandhi International Airport, Terminal 3" in mail.text
    assert "Heathrow Airport\n" in mail.text


@pytest.mark.parametrize("kind", ["payment_failed", "payment_refunded", "hold_expired"])
def test_html_escapes_what_text_does_not(kind):
    mail = rendered(kind, flights=[FLIGHT | {"origin_city": "<b>Here & there</b>"}])

    assert "<b>Here & there</b>" in mail.text
    assert "&lt;b&gt;Here &amp; there&lt;/b&gt;" in mail.html


@pytest.mark.parametrize(
    ("amount", "whole", "words"),
    [
        ("3200.00", True, "The money goes back the way you paid."),
        ("0", True, "The fare that you chose gives nothing back."),
        ("0", False, "The rest of it stands."),
    ],
)
def test_a_cancellation_says_what_comes_back_and_what_stays(amount, whole, words):
    refund = {"amount": amount, "currency": "INR"}

    mail = rendered("booking_cancelled", refund=refund, whole=whole, cancelled=["Meera Iyer, KV161"])

    assert words in mail.text
    assert words in mail.html


def test_a_kind_without_words_is_an_error_and_no_empty_mail():
    with pytest.raises(TemplateDoesNotExist):
        rendered("unheard_of")


def test_mail_about_an_account_keeps_its_links_and_escapes_the_rest():
    mail = render(account_message())

    assert mail.subject == "Reset your <password>"
    assert "https://example.com/reset/abc/ & choose one." in mail.text
    assert 'href="https://example.com/reset/abc/"' in mail.html
    assert "<password>" not in mail.html


class TestAtTheDesk:
    @pytest.fixture
    def desk(self, page_of, agent):
        return page_of(agent)

    def page(self, desk, message):
        return desk.get(f"{MESSAGES}{message.pk}/change/").content.decode()

    def test_a_message_is_read_as_it_was_sent(self, desk):
        message = Message(kind="booking_confirmed", subject="KV2T9X", recipient="a@example.com", context=BOOKING)
        message.save()

        page = self.page(desk, message)
        assert "Booking KV2T9X is confirmed" in page
        assert "&lt;title&gt;Booking KV2T9X is confirmed" in page
        assert "<title>Booking KV2T9X is confirmed" not in page

    def test_mail_that_opens_an_account_is_its_recipients_alone(self, desk):
        message = account_message()
        message.save()

        page = self.page(desk, message)

        assert "Only its recipient reads this" in page
        assert "reset/abc" not in page

    def test_the_list_says_what_it_is_about_without_keys_for_programs(self, desk):
        for kind, subject in (
            ("refund_paid", "KV2T9X e6b71961-8bcb-4122-b3e8-6c688fd8b06f"),
            ("flight_cancelled", "KV2T9X KV161 2026-12-20 cancelled"),
            ("account", "reset 2C8m7V1T9nFy"),
        ):
            Message(kind=kind, subject=subject, recipient="a@example.com", context={}).save()

        shown = desk.get(MESSAGES).content.decode()

        assert "KV2T9X KV161 2026-12-20 cancelled" in shown
        assert "e6b71961" not in shown
        assert "2C8m7V1T9nFy" not in shown

    def test_what_was_given_up_is_tried_again(self, desk, now):
        message = account_message()
        message.status, message.tries = Message.Status.DEAD, 10
        message.save()

        answer = desk.post(MESSAGES, {"action": "try_again", "_selected_action": [str(message.pk)]})

        message.refresh_from_db()
        assert (message.status, message.tries, message.due_at) == ("waiting", 0, now)
        assert [str(said) for said in get_messages(answer.wsgi_request)] == ["1 message waits to be sent again."]

    def test_what_was_given_up_can_be_dismissed(self, desk):
        message = account_message()
        message.status = Message.Status.DEAD
        message.save()

        desk.post(MESSAGES, {"action": "dismiss", "_selected_action": [str(message.pk)]})

        message.refresh_from_db()
        assert message.status == "dismissed"

    def test_what_was_sent_can_be_sent_again_as_a_copy_and_what_waits_cannot(self, desk, now):
        sent, waiting = account_message(), account_message()
        sent.status, sent.sent_at, waiting.subject = Message.Status.SENT, now, "reset 2"
        sent.save()
        waiting.save()

        desk.post(MESSAGES, {"action": "send_again", "_selected_action": [str(sent.pk), str(waiting.pk)]})

        sent.refresh_from_db()
        waiting.refresh_from_db()
        assert (sent.status, sent.copy, waiting.copy) == ("waiting", 1, 0)

    def test_every_try_is_shown(self, desk, now):
        message = account_message()
        message.save()
        message.attempts.create(number=1, tried_at=now, error="SMTPServerDisconnected('421 later')")

        assert "421 later" in self.page(desk, message)

    def test_who_does_not_want_what_is_listed(self, desk):
        Refusal.objects.create(kind="price_alert", recipient="asha@example.com")

        assert "asha@example.com" in desk.get("/admin/notifications/refusal/").content.decode()

    def test_nobody_writes_one_by_hand(self, desk):
        assert desk.get(f"{MESSAGES}add/").status_code == 403
