"""The first page of the desk: what waits, what leaves, what was sold, for each as far as they may see it."""

import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.contrib.auth.models import Group

from airlines.tests.factories import make_flight
from bookings.models import Booking, Payment, Reconciliation, Refund
from bookings.services import today
from bookings.services.payment import pay
from bookings.tasks import reconcile
from bookings.tests.factories import make_booking, make_hold
from flights_project.gateway.models import User
from flights_project.gateway.roles import STAFF_ROLES, Role
from notifications.models import Message

pytestmark = pytest.mark.django_db
DESK = "/admin/"


def of_role(role):
    user = User.objects.create_user(f"{role}@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=10)


@pytest.fixture
def desk(page_of):
    return page_of(of_role(Role.SUPERVISOR))


@pytest.fixture
def shown(desk):
    def read():
        return desk.get(DESK).context["today"]

    return read


def tile(shown, title):
    return next(each for each in shown["tiles"] if str(each.title).startswith(title))


class TestWhatWaits:
    def test_leads_to_just_the_holds_that_expire(self, desk, shown, traveller, stranger, flight, now):
        soon, later = make_hold(traveller, flight, now=now), make_hold(stranger, flight, now=now)
        Booking.objects.filter(pk=soon.pk).update(payment_required_by=now + timedelta(minutes=10))
        Booking.objects.filter(pk=later.pk).update(payment_required_by=now + timedelta(hours=1))

        holds = tile(shown(), "Holds")

        assert (holds.value, holds.is_alarming) == ("1", True)
        assert list(desk.get(holds.url).context["cl"].result_list) == [soon]

    def test_leads_to_just_the_payments_without_an_answer(self, desk, shown, traveller, stranger, flight, now):
        for owner in (traveller, stranger):
            pay(booking=make_hold(owner, flight, now=now), gateway="sandbox", token="tok_error", now=now)
        old = Payment.objects.filter(booking__owner=traveller)
        old.update(started_at=now - timedelta(minutes=6))

        payments = tile(shown(), "Payments")

        assert payments.value == "1"
        assert list(desk.get(payments.url).context["cl"].result_list) == list(old)

    def test_leads_to_refunds_and_messages(self, desk, shown, traveller, flight, now):
        payment = make_booking(traveller, flight, now=now).payments.get()
        Refund.objects.create(payment=payment, amount=10, reason=Refund.Reason.SEATS_GONE, started_at=now)
        Message.objects.update(status="dead")

        for title, count in (("Refunds", 1), ("Messages given up", Message.objects.count())):
            each = tile(shown(), title)
            assert each.value == str(count)
            assert len(desk.get(each.url).context["cl"].result_list) == count

    def test_is_quiet_where_nothing_waits(self, shown):
        assert not any(each.is_alarming for each in shown()["tiles"])

    def test_counts_no_further_than_many(self, shown, traveller, flight, now, monkeypatch):
        monkeypatch.setattr(today, "MANY", 1)
        payment = make_booking(traveller, flight, now=now).payments.get()
        for _ in range(3):
            Refund.objects.create(payment=payment, amount=1, reason=Refund.Reason.SEATS_GONE, started_at=now)

        assert tile(shown(), "Refunds").value == "1+"


class TestReconciliation:
    def test_is_kept_each_night(self, shown, now):
        assert tile(shown(), "Seats and money").value == "not yet"

        reconcile()

        assert tile(shown(), "Seats and money").value == "all add up"

    def test_is_kept_with_what_was_found(self, desk, shown, flight, now):
        flight.cabins.update(seats_sold=2)

        reconcile()

        last = tile(shown(), "Seats and money")
        assert (last.value, last.is_alarming) == ("1 differences", True)
        assert "seats sold is 2, by its coupons 0" in desk.get(last.url).content.decode()
        assert Reconciliation.objects.get().count == 1


class TestTheDay:
    def chart(self, shown, key):
        return next(each for each in shown["charts"] if each.key == key)

    def test_counts_departures_by_the_airlines_hours_and_leads_to_them(self, desk, shown, now):
        leaving = make_flight(departs_at=now + timedelta(hours=2))  # 08:30 UTC is 14:00 in India
        make_flight(departs_at=now + timedelta(days=1))

        chart = self.chart(shown(), "departures")

        [line] = chart.lines
        assert (line.label, line.values) == ("14:00", ("1",))
        assert list(desk.get(line.url).context["cl"].result_list) == [leaving]

    def test_counts_an_hour_that_is_long_past(self, desk, shown, now):
        gone = make_flight(departs_at=now.replace(hour=0, minute=0) - timedelta(hours=5))  # 00:30 in India

        with time_machine.travel(now + timedelta(hours=11), tick=False):
            [line] = self.chart(shown(), "departures").lines
            found = list(desk.get(line.url).context["cl"].result_list)

        assert found == [gone]

    def test_adds_up_bookings_and_money_and_leads_to_them(self, desk, shown, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)

        bookings, money = self.chart(shown(), "bookings"), self.chart(shown(), "money")

        assert bookings.lines[0].values == ("1",)
        assert list(desk.get(bookings.lines[0].url).context["cl"].result_list) == [booking]
        assert money.lines[0].values == ("₹4,000", "₹0")
        assert list(desk.get(money.lines[0].url).context["cl"].result_list) == list(booking.payments.all())

    def test_a_day_ends_at_midnight_of_the_airline(self, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)
        day = today.today(now)
        Booking.objects.filter(pk=booking.pk).update(held_at=today.span_of(day).first - timedelta(seconds=1))
        Payment.objects.update(answered_at=today.span_of(day).first)

        days = today.last_days(now)

        assert (days[-1], len(days)) == (day, today.DAYS_SHOWN)
        assert today.bookings_by_day(days)[-2:] == [1, 0]
        assert today.money_by_day(days)[-1] == (Decimal(4000), Decimal())

    def test_shows_how_full_the_next_flights_are(self, shown, traveller, flight, now):
        make_hold(traveller, flight, now=now)

        [departing] = shown()["next"]

        assert (departing.flight, departing.taken, departing.percent) == (flight, 1, 10)


SEEN = {
    Role.AGENT: (6, ["departures", "bookings", "money"]),
    Role.AIRPORT_AGENT: (1, ["departures", "bookings"]),
    Role.SCHEDULE_PLANNER: (0, ["departures"]),
    Role.REVENUE_MANAGER: (0, ["departures", "bookings", "money"]),
    Role.SUPERVISOR: (7, ["departures", "bookings", "money"]),
    Role.ADMINISTRATOR: (7, ["departures", "bookings", "money"]),
}


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_each_role_sees_its_own_day(page_of, role, now):
    shown = page_of(of_role(role)).get(DESK).context["today"]

    assert (len(shown["tiles"]), [chart.key for chart in shown["charts"]]) == SEEN[role]


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_each_role_is_led_only_to_pages_that_it_may_see(page_of, role, traveller, now):
    make_booking(traveller, make_flight(departs_at=now + timedelta(hours=2)), now=now)
    desk = page_of(of_role(role))
    page = desk.get(DESK).content.decode()

    paths = {html.unescape(path) for path in re.findall(r'href="(/admin/[^"]*)"', page)} - {"/admin/logout/"}

    assert paths
    assert {path: desk.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


def test_numbers_lead_nowhere_where_the_list_is_not_theirs(page_of, now):
    shown = page_of(of_role(Role.REVENUE_MANAGER)).get(DESK).context["today"]

    assert {line.url for chart in shown["charts"][1:] for line in chart.lines} == {""}


@pytest.mark.parametrize("many", [1, 4])
def test_the_day_takes_as_many_queries_however_much_there_is(
    desk, traveller, now, many, django_assert_num_queries, settings
):
    settings.BOOKINGS_PER_USER_PER_QUARTER = None
    for n in range(many):
        make_booking(traveller, make_flight(departs_at=now + timedelta(days=n + 1)), now=now)
    reconcile()
    desk.get(DESK)

    with django_assert_num_queries(16):
        desk.get(DESK)
