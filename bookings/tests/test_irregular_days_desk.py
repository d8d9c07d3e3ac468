"""The desk on the day of a flight: say what, see who would be told what, confirm."""

from datetime import timedelta
from html import unescape
from re import findall

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from airlines.models import Flight
from airlines.tests.factories import make_flight
from bookings.tests.factories import adult, make_booking
from flights_project.gateway.models import User
from flights_project.gateway.roles import STAFF_ROLES, Role
from notifications.models import Message

pytestmark = pytest.mark.django_db

MOVED = {"departs_0": "2026-12-20", "departs_1": "18:00", "arrives_0": "2026-12-20", "arrives_1": "20:00"}
LETTER = {"headline": "Bring a coat", "body": "It is cold.", "key": "1f0c7a52-5a8e-4a67-9a57-3f8f7c0b6a11"}
TOLD = [("move", MOVED, "flight_delayed"), ("cancel", {}, "flight_cancelled"), ("write", LETTER, "flight_note")]


@pytest.fixture
def flight(traveller, in_a_month, now):
    flight = make_flight(departs_at=in_a_month, number="KV101")
    make_booking(traveller, flight, now=now, travellers=[adult(), adult()])
    return flight


@pytest.fixture
def desk(page_of, agent):
    return page_of(agent)


def page(flight, name):
    return f"/admin/airlines/flight/{flight.pk}/day/{name}/"


@pytest.mark.parametrize(("name", "asked", "kind"), TOLD)
def test_a_preview_counts_and_shows_and_does_nothing(desk, flight, name, asked, kind):
    shown = desk.post(page(flight, name), asked).content.decode()

    assert "Travellers: 2, bookings: 1." in shown
    assert "KV101" in shown
    assert not Message.objects.filter(kind=kind).exists()
    assert Flight.objects.get().revision == 0


@pytest.mark.parametrize(("name", "asked", "kind"), TOLD)
def test_confirmed_it_is_done_and_said(desk, flight, name, asked, kind):
    answer = desk.post(page(flight, name), asked | {"confirm": "yes"}, follow=True)

    assert "Done. 1 booking was told." in answer.content.decode()
    assert Message.objects.filter(kind=kind, way="email").count() == 1


@pytest.mark.parametrize(("name", "asked"), [("move", MOVED), ("cancel", {}), ("gate", {"gate": "A7"})])
def test_why_stays_in_the_history(desk, flight, name, asked):
    why = {"reason": "A storm over Mumbai."}
    assert 'value="A storm over Mumbai."' in desk.post(page(flight, name), asked | why).content.decode()

    desk.post(page(flight, name), asked | why | {"confirm": "yes"})

    assert "A storm over Mumbai." in desk.get(f"/admin/airlines/flight/{flight.pk}/change/").content.decode()


def test_the_history_says_what_each_change_was(desk, flight, django_assert_num_queries):
    shown = f"/admin/airlines/flight/{flight.pk}/change/"
    desk.post(page(flight, "move"), MOVED | {"confirm": "yes"})
    once = desk.get(shown).content.decode()
    with CaptureQueriesContext(connection) as queries:
        desk.get(shown)
        for_one_change = len(queries)
    for gate in ("14B", "2"):
        desk.post(page(flight, "gate"), {"gate": gate, "confirm": "yes"})
    thrice = desk.get(shown).content.decode()
    with django_assert_num_queries(for_one_change):
        desk.get(shown)

    assert "departs (utc)" in once.lower()
    assert "20 Dec 2026, 12:30" in once
    assert "14B" in thrice
    assert flight.airplane.registration in thrice


def test_times_are_those_of_the_airports(desk, flight):
    desk.post(page(flight, "move"), MOVED | {"confirm": "yes"})

    assert f"{Flight.objects.get().departs_at:%H:%M}" == "12:30"


def test_the_first_gate_is_told_to_nobody_and_a_change_to_all(desk, flight):
    first = desk.post(page(flight, "gate"), {"gate": "14B", "confirm": "yes"}, follow=True).content.decode()
    shown = desk.post(page(flight, "gate"), {"gate": "2"}).content.decode()

    assert "Done. 0 bookings were told." in first
    assert "KV101 leaves from gate 2" in shown
    assert Flight.objects.get().gate == "14B"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (MOVED | {"departs_0": "2026-11-01"}, "This time has passed."),
        (MOVED | {"arrives_1": "17:00"}, "A flight arrives after it departs."),
        (MOVED | {"departs_1": "6 pm"}, "Enter a valid time."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_lost(desk, flight, asked, words):
    shown = desk.post(page(flight, "move"), asked | {"confirm": "yes"}).content.decode()

    assert words in shown
    assert 'value="20' in shown
    assert Flight.objects.get().status == "scheduled"


def test_a_flight_that_is_over_is_left_alone(desk, flight):
    Flight.objects.update(status="departed")

    answers = [
        desk.get(page(flight, "move"), follow=True),
        desk.post(page(flight, "cancel"), {"confirm": "yes"}, follow=True),
    ]

    for answer in answers:
        assert answer.redirect_chain[-1][0] == f"/admin/airlines/flight/{flight.pk}/change/"
        assert "this flight has left or was cancelled" in answer.content.decode()
    assert Flight.objects.get().status == "departed"


def test_a_delay_into_the_next_flight_of_its_airplane_is_shown(desk, flight):
    onward = make_flight(
        "BOM", "DEL", departs_at=flight.arrives_at + timedelta(hours=2), number="KV102", airplane=flight.airplane
    )

    shown = desk.post(page(flight, "move"), MOVED).content.decode()

    assert "What could not be flown then" in shown
    assert onward.number in shown
    assert "No other flight: 0" not in shown


def test_a_gate_leads_back_to_the_flight_whatever_is_open(desk, flight):
    desk.post(page(flight, "move"), MOVED | {"confirm": "yes"})

    answer = desk.post(page(flight, "gate"), {"gate": "A7", "confirm": "yes"})

    assert answer.url == f"/admin/airlines/flight/{flight.pk}/change/"


def test_there_is_no_other_change(desk, flight):
    assert desk.get(page(flight, "paint")).status_code == 404


def test_who_may_only_look_changes_nothing(page_of, flight):
    reader = User.objects.create_user("reader@example.com", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_flight"))

    assert page_of(reader).post(page(flight, "cancel"), {"confirm": "yes"}).status_code == 403
    assert Flight.objects.get().status == "scheduled"


def test_the_flights_page_leads_there(desk, flight):
    shown = desk.get(f"/admin/airlines/flight/{flight.pk}/change/").content.decode()

    assert page(flight, "cancel") in shown


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_a_flights_page_leads_only_to_where_its_reader_may_go(page_of, flight, role):
    reader = User.objects.create_user(f"{role}@example.com", "a-quiet-Delhi-7", is_staff=True)
    reader.groups.add(Group.objects.get(name=role))
    desk = page_of(reader)

    shown = desk.get(f"/admin/airlines/flight/{flight.pk}/change/").content.decode()

    links = {unescape(link) for link in findall(r'href="(/admin/[^"#]+)" class="text-link"', shown)}
    assert links
    assert {link: desk.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_whoever_is_at_the_airport_moves_a_flight_and_does_not_call_it_off(page_of, flight, agent):
    reader = User.objects.create_user("gate@example.com", "a-quiet-Delhi-7", is_staff=True)
    reader.groups.add(Group.objects.get(name=Role.AIRPORT_AGENT))
    address = f"/admin/airlines/flight/{flight.pk}/change/"

    theirs = page_of(reader).get(address).content.decode()
    everybodys = page_of(agent).get(address).content.decode()

    assert page(flight, "move") in theirs
    assert page(flight, "cancel") not in theirs
    assert page(flight, "cancel") in everybodys
