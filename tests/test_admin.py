"""Every page of the desk opens, and no list asks more of the database for being longer."""

from decimal import Decimal
from itertools import count

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from airlines.models import AirplaneType, Airport, City, ConnectionTime
from airlines.services.fare_changes import FareFilter, preview_change
from airlines.services.schedules import add_schedule
from airlines.tests.factories import (
    AirplaneFactory,
    FareFamilyFactory,
    TaxRuleFactory,
    a_pattern,
    make_flight,
    make_pricing_rule,
)
from bookings.models import Booking, Reconciliation, Refund, Report
from bookings.services.reports import ask_report
from bookings.tests.factories import adult, infant, make_booking, make_hold
from flights_project.gateway.models import ApiKey, User
from flights_project.gateway.roles import Role
from notifications.models import EventType
from notifications.services.events import record
from notifications.services.refusals import refuse
from notifications.services.webhooks import create_endpoint, ping

pytestmark = pytest.mark.django_db

PAGES = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
ON_EVERY_PAGE = pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label_lower)


def url(model, what, *args):
    return f"/admin/{model._meta.label_lower.replace('.', '/')}/" + "/".join([*map(str, args), what]).lstrip("/")


@pytest.fixture
def one_more(traveller, agent, in_a_month, now, settings):
    """Adds a day's work: something in every list."""
    settings.BOOKINGS_PER_USER_PER_QUARTER = None
    settings.RATE_LIMITS = False
    n = count()

    def add():
        number = next(n)
        FareFamilyFactory(code=["light", "standard", "flex"][number])
        city = City.objects.create(code=f"XX{'ABC'[number]}", name="Somewhere", country="IN")
        place = {"icao": f"XXX{'ABC'[number]}", "latitude": 0, "longitude": 0, "zone": "Asia/Kolkata"}
        Airport.objects.create(city=city, iata=city.code, name="Somewhere", **place)
        TaxRuleFactory(origin=Airport.objects.get(iata=city.code))
        ConnectionTime.objects.create(airport=Airport.objects.get(iata=city.code), kind="DD", minutes=50)
        there = make_flight(departs_at=in_a_month)
        back = make_flight("BOM", "DEL", departs_at=in_a_month.replace(day=24))
        booking = make_booking(traveller, there, back, now=now, travellers=[adult(), adult(), infant(with_adult=0)])
        make_hold(traveller, there, now=now)
        payment = booking.payments.get()
        Reconciliation.objects.create(ran_at=now, count=0)
        days = {"first_day": now.date(), "last_day": now.date()}
        ask_report(kind=Report.Kind.BOOKINGS, **days, reason="Audit", user=agent, now=now)
        Refund.objects.create(payment=payment, amount=10, reason=Refund.Reason.SEATS_GONE, started_at=now)
        partner = User.objects.create_user(f"partner{number}@example.com")
        partner.groups.add(Group.objects.get(name=Role.INTEGRATOR))
        ApiKey.issue(owner=partner, name="Partner")
        endpoint = create_endpoint(owner=partner, url="https://partner.example.com/", events=EventType.values)
        record(owner=partner.pk, type=EventType.BOOKING_HELD, about=booking.locator, facts={}, now=now)
        ping(endpoint=endpoint, now=now)
        refuse(kind="price_alert", recipient=partner.email)
        Group.objects.create(name=f"Clerks {number}")
        AirplaneType.objects.create(code=f"32{number}", name=f"A32{number}", turnaround_minutes=40)
        pair = (AirplaneFactory(), AirplaneFactory())
        planned = a_pattern(number=f"KV{number + 900}", starts_on=in_a_month.date(), airplanes=pair)
        add_schedule(planned)
        make_pricing_rule(f"Rule {number}", load={50: 120}, origin="DEL")
        which = FareFilter(amount_from=Decimal(1))
        preview_change(which=which, kind="percent", by=Decimal(5), reason="Spring", user=agent, now=now)

    return add


@pytest.fixture
def desk(page_of, agent):
    return page_of(agent)


@ON_EVERY_PAGE
def test_every_list_opens(model, desk, one_more):
    one_more()

    answer = desk.get(url(model, ""))

    assert answer.status_code == 200
    assert answer.context["cl"].result_list


@ON_EVERY_PAGE
def test_every_list_is_searched(model, desk, one_more):
    one_more()

    assert desk.get(url(model, ""), {"q": "KV1 rao"}).status_code == 200


@ON_EVERY_PAGE
def test_every_form_to_add_opens_or_is_refused(model, desk, one_more, rf, agent):
    one_more()
    request = rf.get("/")
    request.user = agent
    may = admin.site.get_model_admin(model).has_add_permission(request)

    assert desk.get(url(model, "add/")).status_code == (200 if may else 403)


@ON_EVERY_PAGE
def test_every_page_of_one_opens(model, desk, one_more):
    one_more()

    for row in model.objects.all():
        answer = desk.get(url(model, "change/", row.pk))
        assert answer.status_code == 200
        assert str(row)[:20] in answer.context["subtitle"]


@ON_EVERY_PAGE
def test_no_list_asks_more_for_being_longer(model, desk, one_more):
    one_more()
    desk.get(url(model, ""))  # what is asked once a process, such as content types
    short = _queries_of(desk, model)
    one_more()
    one_more()

    long = _queries_of(desk, model)

    assert len(long) == len(short), "\n".join(long)


QUERIES = {
    "airlines.flight": 6,
    "airlines.flightfare": 4,
    "airlines.schedule": 6,
    "bookings.booking": 8,
    "bookings.coupon": 3,
    "bookings.payment": 3,
    "bookings.ticket": 3,
    "notifications.message": 3,
}
"""Of the lists that are long, with who asks and their session."""


@pytest.mark.parametrize("label", QUERIES)
def test_a_long_list_asks_as_much_as_it_did(label, desk, one_more):
    one_more()
    model = apps.get_model(label)
    desk.get(url(model, ""))

    asked = _queries_of(desk, model)

    assert len(asked) == QUERIES[label], "\n".join(asked)


def test_the_page_of_a_booking_asks_no_more_for_a_larger_party(desk, traveller, in_a_month, now):
    flight = make_flight(departs_at=in_a_month)
    alone = make_booking(traveller, flight, now=now)
    party = make_booking(traveller, flight, now=now, travellers=[adult() for _ in range(5)])
    desk.get(url(Booking, "change/", alone.pk))

    asked = []
    for booking in (alone, party):
        with CaptureQueriesContext(connection) as queries:
            desk.get(url(Booking, "change/", booking.pk))
        asked.append(len(queries))

    assert asked[0] == asked[1]


def _queries_of(desk, model):
    with CaptureQueriesContext(connection) as queries:
        assert desk.get(url(model, "")).status_code == 200
    return [query["sql"] for query in queries]
