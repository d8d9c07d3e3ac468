"""A price that somebody follows is told when it falls, at most once a day, until one click or the day stops it."""

from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from airlines.exceptions import AlreadyFollowed, TooManyAlerts
from airlines.models import PriceAlert, StaleLow
from airlines.services import fares, stale_lows
from airlines.services.price_alerts import (
    Wish,
    alerts_of,
    follow,
    forget_departed,
    has_fallen,
    stop_token,
    tell_later,
)
from airlines.services.reference import read_now
from airlines.services.stale_lows import refresh_stale
from airlines.tasks import tell_of_prices
from airlines.tests.factories import fare_of, make_flight
from airlines.tests.races import PATIENCE
from airlines.tests.reading import read
from flights_project.lib.errors import InvalidRequest
from notifications.models import Message
from notifications.services.delivery import deliver_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(db, now, in_a_month):
    """From Delhi to Mumbai on 20 December for 4,000."""
    flight = make_flight(departs_at=in_a_month)
    refresh_stale(now=now)
    return flight


@pytest.fixture
def wish(flight):
    def make(**asked):
        reference = read_now()
        return Wish(
            **{
                "origin": reference.place("DEL"),
                "destination": reference.place("BOM"),
                "cabin": "economy",
                "depart_on": flight.departs_on,
                "return_on": None,
                "limit": None,
                "percent": None,
            }
            | asked
        )

    return make


def price(flight, amount, now):
    fares.change_fare(fare=fare_of(flight), amount=Decimal(amount))
    refresh_stale(now=now)


def told():
    return Message.objects.filter(kind="price_alert").count()


class TestTelling:
    def test_a_price_below_the_limit_is_told(self, now, traveller, wish, flight):
        follow(owner=traveller, wish=wish(limit=Decimal(3500)), now=now)

        price(flight, 3600, now)
        assert told() == 0
        price(flight, 3500, now)

        message = Message.objects.get(kind="price_alert", recipient=traveller.email)
        assert message.context["price"] == {"amount": "3500.00", "currency": "INR"}
        assert message.context["previous"] == {"amount": "4000.00", "currency": "INR"}

    def test_a_fall_by_the_percentage_is_told_from_what_it_cost_at_first(self, now, traveller, wish, flight):
        follow(owner=traveller, wish=wish(percent=20), now=now)

        price(flight, 3201, now)
        assert told() == 0
        price(flight, 3200, now)
        assert told() == 1

    def test_once_a_day_and_then_only_of_a_lower_price(self, now, traveller, wish, flight):
        follow(owner=traveller, wish=wish(limit=Decimal(3500)), now=now)
        price(flight, 3500, now)
        price(flight, 3000, now + timedelta(hours=23))
        assert told() == 1

        later = now + timedelta(hours=24)
        assert tell_later(now=later) == 1  # what fell within the day is not forgotten
        assert tell_later(now=later) == 0
        assert told() == 2

        price(flight, 3400, later + timedelta(days=2))
        assert told() == 2
        price(flight, 2900, later + timedelta(days=2))
        assert told() == 3

    def test_a_return_is_told_when_either_way_falls(self, now, traveller, wish, flight, in_a_month):
        back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=4))
        refresh_stale(now=now)
        follow(owner=traveller, wish=wish(return_on=back.departs_on, limit=Decimal(7000)), now=now)

        price(back, 3500, now)
        assert told() == 0
        price(flight, 3500, now)
        assert told() == 1
        message = Message.objects.get(kind="price_alert", recipient=traveller.email)
        assert message.context["price"]["amount"] == "7000.00"

    def test_what_was_not_on_sale_falls_from_its_first_price(self, now, traveller, wish, flight, in_a_month):
        other_day = in_a_month + timedelta(days=3)
        alert = follow(owner=traveller, wish=wish(depart_on=other_day.date(), percent=10), now=now)
        assert alert.price is None

        flight = make_flight(departs_at=other_day, fares={"light": 5000})
        refresh_stale(now=now)
        assert told() == 0
        price(flight, 4500, now)
        assert told() == 1

    def test_others_hear_nothing(self, now, traveller, stranger, wish, flight):
        follow(owner=traveller, wish=wish(limit=Decimal(3500)), now=now)
        follow(owner=stranger, wish=wish(cabin="business", limit=Decimal(3500)), now=now)

        price(flight, 3000, now)

        assert set(Message.objects.values_list("recipient", flat=True)) == {traveller.email}

    def test_the_mail_says_the_price_and_stops_by_one_click(self, now, traveller, wish, flight, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        alert = follow(owner=traveller, wish=wish(limit=Decimal(3500)), now=now)
        price(flight, 3500, now)

        deliver_due(now=now)

        [sent] = mail.outbox
        assert sent.subject == "New Delhi to Mumbai for ₹3,500"
        assert "It was ₹4,000" in sent.body
        assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        path = sent.extra_headers["List-Unsubscribe"].strip("<>").partition("localhost:8000")[2]
        program = Client(enforce_csrf_checks=True)
        assert program.get(path).status_code == 200
        assert PriceAlert.objects.filter(pk=alert.pk).exists()
        assert program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert not PriceAlert.objects.filter(pk=alert.pk).exists()
        assert program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200

    def test_asking_costs_as_many_statements_for_many_as_for_one(
        self, now, traveller, wish, flight, django_assert_max_num_queries
    ):
        for limit in range(8):
            day = flight.departs_on + timedelta(days=limit)
            follow(owner=traveller, wish=wish(depart_on=day, limit=Decimal(100)), now=now)
        fares.change_fare(fare=fare_of(flight), amount=Decimal(3900))

        with django_assert_max_num_queries(40):
            refresh_stale(now=now)


@given(
    limit=st.none() | st.integers(1, 9000),
    percent=st.none() | st.integers(1, 90),
    before=st.none() | st.integers(1, 9000),
    price=st.integers(1, 9000),
)
def test_what_is_told_is_below_the_limit_or_by_enough(now_is, limit, percent, before, price):
    alert = PriceAlert(limit=limit, percent=percent, price=before)

    fell = has_fallen(alert, Decimal(price), now_is)

    below = limit is not None and price <= limit
    by_enough = percent is not None and before is not None and price * 100 <= before * (100 - percent)
    assert fell == (below or by_enough)


@pytest.fixture(scope="module")
def now_is():
    from conftest import NOW  # noqa: PLC0415 -- as a fixture of the module, which Hypothesis wants

    return NOW


class TestFollowing:
    def test_the_same_is_followed_once(self, now, traveller, wish):
        follow(owner=traveller, wish=wish(percent=5), now=now)

        with pytest.raises(AlreadyFollowed):
            follow(owner=traveller, wish=wish(percent=10), now=now)

    def test_a_limit_that_is_reached_already_is_refused(self, now, traveller, wish):
        with pytest.raises(InvalidRequest) as refused:
            follow(owner=traveller, wish=wish(limit=Decimal(4000)), now=now)

        assert "limit" in refused.value.errors

    def test_a_person_follows_so_many(self, now, traveller, stranger, wish, flight, settings):
        settings.PRICE_ALERTS_PER_USER = 1
        follow(owner=traveller, wish=wish(percent=5), now=now)

        with pytest.raises(TooManyAlerts):
            follow(owner=traveller, wish=wish(depart_on=flight.departs_on + timedelta(days=1), percent=5), now=now)
        follow(owner=stranger, wish=wish(percent=5), now=now)

    def test_it_ends_with_the_day_of_departure(self, now, traveller, wish, in_a_month):
        follow(owner=traveller, wish=wish(percent=5), now=now)

        assert forget_departed(now=in_a_month) == 0
        assert not alerts_of(traveller, now=in_a_month + timedelta(days=2)).exists()
        assert forget_departed(now=in_a_month + timedelta(days=2)) == 1

    def test_the_task_tells_and_forgets(self, now, traveller, wish):
        follow(owner=traveller, wish=wish(percent=5), now=now)
        PriceAlert.objects.update(depart_on=now.date() - timedelta(days=2))

        assert tell_of_prices() == 0
        assert not PriceAlert.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestFaults:
    def test_a_worker_that_dies_tells_neither_twice_nor_never(self, now, traveller, wish, flight, monkeypatch):
        """It dies after the message is written and before anything has committed."""
        follow(owner=traveller, wish=wish(limit=Decimal(3500)), now=now)
        fares.change_fare(fare=fare_of(flight), amount=Decimal(3000))
        tell_of = stale_lows.price_alerts.tell_of

        def tell_and_die(*args, **kwargs):
            if tell_of(*args, **kwargs):
                raise SystemExit

        monkeypatch.setattr(stale_lows.price_alerts, "tell_of", tell_and_die)
        with pytest.raises(SystemExit):
            refresh_stale(now=now)
        monkeypatch.undo()
        assert told() == 0
        assert StaleLow.objects.exists()

        refresh_stale(now=now)
        refresh_stale(now=now)
        assert told() == 1

    def test_two_limits_at_once_do_not_pass_the_number(self, now, traveller, wish, flight, settings):
        settings.PRICE_ALERTS_PER_USER = 1
        wishes = [wish(depart_on=flight.departs_on + timedelta(days=n), percent=5) for n in range(2)]

        assert at_once(traveller, wishes, now) == 1

    def test_without_the_lock_they_would(self, now, traveller, wish, flight, settings, monkeypatch):
        """The control: both have counted before either wrote."""
        settings.PRICE_ALERTS_PER_USER = 1
        counted = Barrier(2, timeout=PATIENCE)
        prices_of = stale_lows.price_alerts.prices_of

        def wait(alerts):
            counted.wait()
            return prices_of(alerts)

        monkeypatch.setattr(stale_lows.price_alerts, "prices_of", wait)
        monkeypatch.setattr(stale_lows.price_alerts, "_lock", lambda owner: None)
        wishes = [wish(depart_on=flight.departs_on + timedelta(days=n), percent=5) for n in range(2)]

        assert at_once(traveller, wishes, now) == 2


def at_once(owner, wishes, now):
    """How many of `wishes` are followed when they come at the same moment."""
    ready = Barrier(len(wishes), timeout=PATIENCE)

    def run(wish):
        ready.wait()
        try:
            follow(owner=owner, wish=wish, now=now)
        except TooManyAlerts:
            pass
        finally:
            connection.close()

    threads = [Thread(target=run, args=[wish]) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return PriceAlert.objects.count()


ASKED = {"origin": "DEL", "destination": "BOM", "depart_on": "2026-12-20", "percent": 10}


class TestApi:
    def test_alerts_are_made_read_changed_and_stopped(self, as_user, traveller, flight):
        caller = as_user(traveller)

        made = caller.post("/api/v1/price-alerts/", ASKED)

        assert made.status_code == 201
        alert = made.json()
        assert (alert["price"], alert["limit"]) == ({"amount": "4000.00", "currency": "INR"}, None)
        path = f"/api/v1/price-alerts/{alert['id']}/"
        assert caller.get("/api/v1/price-alerts/").json()["results"] == [caller.get(path).json()] == [alert]
        changed = caller.patch(path, {"limit": "3000.00", "percent": None})
        assert (changed.json()["limit"]["amount"], changed.json()["percent"]) == ("3000.00", None)
        assert caller.delete(path).status_code == 204
        assert caller.get(path).status_code == 404

    def test_anothers_is_as_unknown_as_none(self, as_user, traveller, stranger, flight):
        alert = as_user(traveller).post("/api/v1/price-alerts/", ASKED).json()
        path = f"/api/v1/price-alerts/{alert['id']}/"

        other = as_user(stranger)
        assert [other.get(path).status_code, other.delete(path).status_code] == [404, 404]
        assert other.patch(path, {"percent": 5}).status_code == 404
        assert other.get("/api/v1/price-alerts/").json()["results"] == []

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"origin": "XXX"}, "origin"),
            ({"destination": "DEL"}, "destination"),
            ({"depart_on": "2026-11-01"}, "depart_on"),
            ({"depart_on": "2027-11-01"}, "depart_on"),
            ({"return_on": "2026-12-19"}, "return_on"),
            ({"percent": None}, "limit"),
            ({"percent": 0}, "percent"),
            ({"percent": 91}, "percent"),
            ({"limit": "-1"}, "limit"),
            ({"limit": "0"}, "limit"),
            ({"limit": "4000"}, "limit"),
            ({"limit": "1e9"}, "limit"),
            ({"cabin": "cargo"}, "cabin"),
            ({"origin": "D\0L"}, "origin"),
        ],
    )
    def test_what_is_wrong_is_named(self, as_user, traveller, flight, changes, field):
        answer = as_user(traveller).post("/api/v1/price-alerts/", ASKED | changes)

        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]

    def test_the_same_again_is_refused(self, as_user, traveller, flight):
        caller = as_user(traveller)
        caller.post("/api/v1/price-alerts/", ASKED)

        again = caller.post("/api/v1/price-alerts/", ASKED)
        assert (again.status_code, again.json()["code"]) == (409, "already_followed")

    def test_a_change_leaves_something_to_wait_for(self, as_user, traveller, flight):
        caller = as_user(traveller)
        alert = caller.post("/api/v1/price-alerts/", ASKED).json()

        assert caller.patch(f"/api/v1/price-alerts/{alert['id']}/", {"percent": None}).status_code == 400

    def test_nobody_and_keys_follow_nothing(self, api, as_key, integrator_key, flight):
        assert api.post("/api/v1/price-alerts/", ASKED).status_code == 401
        assert as_key(integrator_key).get("/api/v1/price-alerts/").status_code == 403


class TestPages:
    FORM = "/prices/follow/?origin=New+Delhi+(DEL)&destination=Mumbai+(BOM)&depart_on=2026-12-20&cabin=economy"

    def test_from_the_results_to_the_list_and_back_to_nothing(self, client, page_of, traveller, flight, now):
        results = read(client.get("/search/?origin=DEL&destination=BOM&depart_on=2026-12-20&trip=oneway"))
        link = results.link("Tell me when it gets cheaper")
        assert client.get(link).status_code == 302  # to log in
        browser = page_of(traveller)
        form = read(browser.get(link))
        sent = {name: form.value(name) for name in ("origin", "destination", "depart_on", "percent")}

        page = read(browser.post("/prices/follow/", sent | {"cabin": "economy"}, follow=True))

        assert "New Delhi to Mumbai" in page.words
        assert "10 % below ₹4,000" in page.words
        alert = PriceAlert.objects.get()
        page = read(browser.post(f"/prices/followed/{alert.pk}/stop/", follow=True))
        assert "You follow no price" in page.words

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"limit": "4000"}, "It costs 4000.00 INR now"),
            ({"percent": ""}, "Say what to wait for"),
            ({"origin": "Atlantis"}, "We know no airport or city called “Atlantis”"),
        ],
    )
    def test_a_fault_is_said_beside_its_field(self, page_of, traveller, flight, changes, words):
        sent = {"origin": "DEL", "destination": "BOM", "depart_on": "2026-12-20", "percent": "10"} | changes

        page = read(page_of(traveller).post("/prices/follow/", sent))

        assert words in page.words
        assert not PriceAlert.objects.exists()

    def test_following_twice_is_said(self, page_of, traveller, flight):
        sent = {"origin": "DEL", "destination": "BOM", "depart_on": "2026-12-20", "percent": "10"}
        browser = page_of(traveller)
        browser.post("/prices/follow/", sent)

        assert "You follow this price already" in read(browser.post("/prices/follow/", sent)).words

    def test_anothers_is_not_stopped(self, page_of, traveller, stranger, wish, now):
        alert = follow(owner=traveller, wish=wish(percent=5), now=now)

        assert page_of(stranger).post(f"/prices/followed/{alert.pk}/stop/").status_code == 404
        assert PriceAlert.objects.exists()

    def test_a_link_says_what_it_stops_before_and_after(self, client, traveller, wish, now):
        link = f"/prices/stop/{stop_token(follow(owner=traveller, wish=wish(percent=5), now=now))}/"

        asked, done, again = (read(each) for each in (client.get(link), client.post(link), client.post(link)))

        assert "New Delhi to Mumbai" in asked.words
        assert "New Delhi to Mumbai" in done.words
        assert "We do not follow this price any more" in again.words

    def test_a_link_that_is_none_of_ours_stops_nothing(self, client, traveller, wish, now):
        alert = follow(owner=traveller, wish=wish(percent=5), now=now)

        assert client.post(f"/prices/stop/{stop_token(alert)}x/").status_code == 404
        assert PriceAlert.objects.exists()
