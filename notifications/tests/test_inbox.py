"""The inbox on our pages: one's own messages, and nobody else's."""

import pytest

from notifications.models import Message
from notifications.services.outbox import tell

pytestmark = pytest.mark.django_db

HELD = {"locator": "KV2T9X", "total": {"amount": "4400.00", "currency": "INR"}, "flights": [], "passengers": []}


@pytest.fixture
def told(now):
    def write(reader, subject="KV2T9X", kind="booking_held"):
        context = HELD | {"payment_required_by": f"12:20 IST {subject}", "headline": "A", "body": "B"}
        tell(kind=kind, subject=subject, recipient=reader.email, context=context, now=now, reader=reader)
        return Message.objects.get(subject=subject)

    return write


def test_messages_stand_there_at_once_and_are_counted_until_read(page_of, traveller, told):
    page, message = page_of(traveller), told(traveller)

    assert "Pay by 12:20 IST" in page.get("/messages/").content.decode()
    assert 'badge-brand">1<' in page.get("/trips/").content.decode()
    assert "₹4,400" in page.get(f"/messages/{message.pk}/").content.decode()
    assert 'badge-brand">1<' not in page.get("/trips/").content.decode()


def test_all_can_be_marked_as_read(page_of, traveller, told):
    told(traveller, "A")
    told(traveller, "B")

    page_of(traveller).post("/messages/read/")

    assert not Message.objects.filter(read_at=None).exists()


def test_anothers_message_is_not_there_and_stays_unread(page_of, traveller, stranger, told):
    message = told(traveller)
    page = page_of(stranger)

    assert page.get(f"/messages/{message.pk}/").status_code == 404
    page.post("/messages/read/")

    message.refresh_from_db()
    assert message.read_at is None
    assert "Nothing yet" in page.get("/messages/").content.decode()


def test_what_may_open_an_account_stands_in_no_inbox(traveller, told):
    assert told(traveller, kind="account").reader is None


@pytest.mark.parametrize("path", ["/messages/", "/messages/00000000-0000-4000-8000-000000000000/"])
def test_strangers_are_asked_to_log_in(client, path):
    assert client.get(path).status_code == 302


@pytest.mark.parametrize("messages", [1, 20])
def test_the_list_costs_the_same_for_one_and_for_many(page_of, traveller, told, messages, django_assert_num_queries):
    page = page_of(traveller)
    for n in range(messages):
        told(traveller, f"KV{n}")

    with django_assert_num_queries(3):
        page.get("/messages/")
