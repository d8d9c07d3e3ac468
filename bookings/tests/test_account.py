"""One's own account: saved travellers, one's data, and the end of it."""

from datetime import date, timedelta

import orjson
import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client

from airlines.tests.factories import make_flight
from airlines.tests.reading import read
from bookings.exceptions import AccountInUse
from bookings.models import Booking, SavedTraveller
from bookings.services import saved_travellers
from bookings.services.holds import release_hold
from bookings.services.personal_data import close_account, personal_data
from bookings.services.saved_travellers import save_travellers
from bookings.tests.factories import adult, child, claim_for, make_booking, make_hold
from conftest import PASSWORD
from flights_project.gateway.models import ApiKey, User
from flights_project.lib.errors import InvalidRequest
from notifications.models import Message

pytestmark = pytest.mark.django_db

ASHA = {"title": "ms", "given_name": "Asha", "family_name": "Rao", "born_on": "1990-04-05"}
TODAY = date(2026, 11, 20)


@pytest.fixture
def mine(page_of, traveller):
    return page_of(traveller)


@pytest.fixture
def confirmed(now, traveller):
    """Somebody who has just said the password again, as what cannot be undone asks for."""
    client = Client()
    client.post("/accounts/login/", {"login": traveller.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101")


def save(owner, *people):
    return save_travellers(owner=owner, travellers=people or [adult()], today=TODAY)


def test_a_name_is_changed(mine, traveller):
    answer = mine.post("/account/", {"first_name": "Aşa", "last_name": "O'Rao"}, follow=True)

    traveller.refresh_from_db()
    assert traveller.get_full_name() == "Aşa O'Rao"
    assert "Your name is saved." in read(answer).words


@pytest.mark.parametrize("path", ["", "travellers/", "data/", "data/file/", "close/"])
def test_the_account_asks_to_log_in(client, path):
    assert "/accounts/login/" in client.get(f"/account/{path}").headers["Location"]


class TestSavedTravellers:
    def test_are_saved_and_removed(self, mine, traveller):
        mine.post("/account/travellers/", ASHA)
        saved = traveller.saved_travellers.get()
        assert "Asha Rao" in read(mine.get("/account/travellers/")).words

        mine.post(f"/account/travellers/{saved.pk}/remove/")

        assert not traveller.saved_travellers.exists()

    def test_are_kept_once_however_the_name_is_typed(self, traveller):
        save(traveller, adult(given_name="Zoë", family_name="Rao"))
        save(traveller, adult(given_name="zoe", family_name="RAO", title="dr"))

        saved = traveller.saved_travellers.get()
        assert (saved.given_name, saved.title) == ("zoe", "dr")

    @pytest.mark.parametrize(
        ("field", "value"),
        [("given_name", "12"), ("family_name", "\u200b"), ("born_on", "2090-01-01"), ("born_on", "1850-01-01")],
    )
    def test_say_what_is_wrong_beside_the_field(self, mine, traveller, field, value):
        page = read(mine.post("/account/travellers/", ASHA | {field: value}))

        assert page.fields[field]["aria-invalid"] == "true"
        assert not traveller.saved_travellers.exists()

    def test_are_not_without_end(self, traveller, monkeypatch):
        monkeypatch.setattr(saved_travellers, "SAVED_AT_MOST", 1)
        asha = adult()
        save(traveller, asha)
        save(traveller, asha)

        with pytest.raises(InvalidRequest, match="1 travellers are saved"):
            save(traveller)

    def test_are_nobody_elses(self, page_of, stranger, traveller):
        [saved] = save(traveller)
        others = page_of(stranger)

        assert others.post(f"/account/travellers/{saved.pk}/remove/").status_code == 404
        assert str(saved) not in read(others.get("/account/travellers/")).words
        assert SavedTraveller.objects.exists()


class TestABooking:
    @pytest.fixture
    def token(self, flight, now):
        return claim_for([flight], now=now).token

    def test_is_filled_in_and_keeps_what_was_typed(self, mine, traveller, token):
        [saved] = save(traveller, adult(given_name="Dev", family_name="Rao"))
        typed = {"offer": token, "contact-phone": "+91 98765 43210", "passengers-0-given_name": "X"}

        page = read(mine.post("/book/", typed | {"fill": f"0:{saved.pk}"}, follow=True))

        assert page.value("passengers-0-given_name") == "Dev"
        assert page.value("passengers-0-born_on") == "1990-04-05"
        assert page.value("contact-phone") == "+91 98765 43210"
        assert not Booking.objects.exists()

    def test_suggests_who_has_the_right_age(self, mine, traveller, token):
        save(traveller, adult(given_name="Grown"), child(given_name="Small"))

        page = read(mine.get("/book/", {"offer": token}))

        assert "Grown" in page.words
        assert "Small" not in page.words

    def test_is_not_filled_in_with_anothers_traveller(self, mine, stranger, token):
        [saved] = save(stranger)

        assert mine.post("/book/", {"offer": token, "fill": f"0:{saved.pk}"}).status_code == 404

    @pytest.mark.parametrize("fill", ["", "x:y", "0", "9:1.5", "-1:1"])
    def test_is_shown_again_for_nonsense(self, mine, token, fill):
        assert mine.post("/book/", {"offer": token, "fill": fill}, follow=True).status_code == 200

    def test_saves_its_travellers_when_asked_to(self, mine, traveller, token):
        person = {f"passengers-0-{name}": value for name, value in ASHA.items()}
        sent = person | {"offer": token, "contact-email": "a@example.com", "contact-save": "on"}

        mine.post("/book/", sent)

        assert Booking.objects.count() == 1
        assert str(traveller.saved_travellers.get()) == "Asha Rao"


class TestOnesData:
    def test_is_a_file_of_everything(self, confirmed, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)
        save(traveller, adult(given_name="Dev"))

        answer = confirmed.get("/account/data/file/")

        kept = orjson.loads(answer.content)
        assert answer.headers["Content-Disposition"] == 'attachment; filename="flights-2026-11-20.json"'
        assert kept["account"]["email"] == traveller.email
        assert kept["saved_travellers"][0]["given_name"] == "Dev"
        assert kept["bookings"][0]["locator"] == booking.locator
        assert kept["bookings"][0]["travellers"][0]["ticket"] == booking.passengers.get().ticket.number
        assert {message["kind"] for message in kept["messages"]} == {"booking_held", "booking_confirmed"}
        assert "password" not in kept["account"]

    def test_is_given_only_after_the_password(self, mine):
        assert "/accounts/reauthenticate/" in mine.get("/account/data/file/").headers["Location"]

    def test_holds_nobody_elses(self, traveller, stranger, flight, now):
        make_booking(stranger, flight, now=now)

        assert personal_data(traveller)["bookings"] == []

    @pytest.mark.parametrize("count", [1, 3])
    def test_is_read_in_queries_that_do_not_grow(self, traveller, in_a_month, now, django_assert_num_queries, count):
        for day in range(count):
            make_booking(traveller, make_flight(departs_at=in_a_month + timedelta(days=day)), now=now)

        with django_assert_num_queries(21):
            personal_data(traveller)


class TestClosing:
    @pytest.fixture
    def flown(self, traveller, flight, now):
        return make_booking(traveller, flight, now=now)

    def test_erases_who_somebody_is_and_keeps_what_was_sold(self, traveller, flown, in_a_month):
        key, _secret = ApiKey.issue(owner=traveller, name="tests")
        Authenticator.objects.create(user=traveller, type=Authenticator.Type.TOTP, data={})
        save(traveller)

        close_account(user=traveller, now=in_a_month + timedelta(days=1))

        traveller.refresh_from_db()
        flown.refresh_from_db()
        key.refresh_from_db()
        assert (traveller.get_full_name(), traveller.is_active) == (traveller.email, False)
        assert traveller.email.endswith("@closed.invalid")
        assert not traveller.has_usable_password()
        assert (flown.contact_email, flown.contact_phone) == (traveller.email, "")
        assert flown.passengers.get().given_name == "Asha"
        assert key.revoked_at
        assert not Message.objects.filter(recipient="traveller@example.com").exists()
        assert not traveller.saved_travellers.exists()
        assert not Authenticator.objects.exists()

    def test_lets_the_address_sign_up_again(self, traveller, now):
        close_account(user=traveller, now=now)

        assert User.objects.create_user("traveller@example.com", PASSWORD).pk != traveller.pk

    def test_waits_for_a_trip_ahead(self, traveller, flown, now):
        with pytest.raises(AccountInUse) as refused:
            close_account(user=traveller, now=now)

        assert refused.value.facts["bookings"] == [flown.locator]

    def test_waits_for_a_hold(self, traveller, flight, now):
        booking = make_hold(traveller, flight, now=now)
        with pytest.raises(AccountInUse):
            close_account(user=traveller, now=now)

        release_hold(booking=booking, now=now)
        close_account(user=traveller, now=now)

    def test_is_not_for_staff(self, agent, now):
        with pytest.raises(AccountInUse, match="administrator"):
            close_account(user=agent, now=now)

    def test_on_its_page_logs_out_everywhere(self, confirmed, traveller, now):
        elsewhere = Client()
        elsewhere.post("/accounts/login/", {"login": traveller.email, "password": PASSWORD})

        answer = confirmed.post("/account/close/", follow=True)

        assert "Your account is closed." in read(answer).words
        for client in (confirmed, elsewhere):
            assert "/accounts/login/" in client.get("/trips/").headers["Location"]

    def test_on_its_page_says_what_is_not_over(self, confirmed, flown, now):
        page = read(confirmed.post("/account/close/"))

        assert "This account has a trip ahead" in page.words
        assert flown.locator in page.words

    def test_asks_for_the_password_where_it_was_long_ago(self, confirmed, now):
        with time_machine.travel(now + timedelta(hours=2), tick=False):
            answer = confirmed.post("/account/close/")

        assert "/accounts/reauthenticate/" in answer.headers["Location"]


def test_devices_are_listed_and_ended(confirmed, traveller):
    phone = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"
    elsewhere = Client(headers={"user-agent": phone})
    elsewhere.post("/accounts/login/", {"login": traveller.email, "password": PASSWORD})
    assert "on Android" in read(confirmed.get("/accounts/sessions/")).words

    confirmed.post("/accounts/sessions/")

    assert "/accounts/login/" in elsewhere.get("/trips/").headers["Location"]
    assert confirmed.get("/trips/").status_code == 200
