"""The mailbox of a demonstration."""

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection

from notifications.models import KeptMail

pytestmark = pytest.mark.django_db


def keep(subject, to="asha@example.com", html="<p>Dear <b>Asha</b></p>"):
    mail = EmailMultiAlternatives(
        subject, "Dear Asha", to=[to], connection=get_connection("notifications.mailbox.MailboxBackend")
    )
    if html:
        mail.attach_alternative(html, "text/html")
    mail.send()
    return KeptMail.objects.get(subject=subject)


def test_mails_are_listed_the_newest_first(client):
    keep("Your seats are held")
    keep("You are booked")

    page = client.get("/mailbox/").content.decode()

    assert page.index("You are booked") < page.index("Your seats are held")


def test_an_empty_mailbox_says_how_to_fill_it(client):
    assert "Hold or pay for a flight" in client.get("/mailbox/").content.decode()


def test_mails_of_one_recipient_can_be_chosen(client):
    keep("For Asha")
    keep("For Dev", to="dev@example.com")

    page = client.get("/mailbox/", {"to": "dev@"}).content.decode()

    assert "For Dev" in page
    assert "For Asha" not in page


def test_a_mail_is_shown_as_text_and_in_a_frame_that_runs_nothing(client):
    mail = keep("You are booked")

    page = client.get(f"/mailbox/{mail.pk}/").content.decode()

    assert "Dear Asha" in page
    assert f'src="/mailbox/{mail.pk}/html/" sandbox' in page
    assert "<b>Asha</b>" not in page


def test_the_frame_shows_the_html_and_allows_no_scripts(client):
    mail = keep("You are booked")

    answer = client.get(f"/mailbox/{mail.pk}/html/")

    assert answer.content == b"<p>Dear <b>Asha</b></p>"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_a_mail_without_html_has_no_frame(client):
    mail = keep("Only text", html="")

    assert "<iframe" not in client.get(f"/mailbox/{mail.pk}/").content.decode()


@pytest.mark.parametrize("path", ["/mailbox/", "/mailbox/{pk}/", "/mailbox/{pk}/html/"])
def test_outside_a_demonstration_there_is_no_mailbox(client, settings, path):
    mail = keep("You are booked")
    settings.DEMO = False

    assert client.get(path.format(pk=mail.pk)).status_code == 404


def test_a_mail_that_never_was_is_not_there(client):
    assert client.get("/mailbox/1/").status_code == 404
