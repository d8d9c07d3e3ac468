"""The desk's page of other flights for a changed flight: seen, edited, accepted, followed."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages

from airlines.tests.factories import make_flight
from bookings.models import ItineraryChange
from bookings.services.proposals import carry_out
from bookings.tests.factories import adult, make_booking
from flights_project.gateway.models import User
from flights_project.gateway.roles import Role
from flights_project.gateway.services import give_role

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(traveller, stranger, in_a_month, now):
    flight = make_flight(departs_at=in_a_month, number="KV101")
    for owner in (traveller, stranger):
        make_booking(owner, flight, now=now, travellers=[adult(), adult()])
    return flight


@pytest.fixture
def later(flight):
    return make_flight(departs_at=flight.departs_at + timedelta(hours=3), seats=2, number="KV103")


@pytest.fixture
def desk(page_of, agent):
    return page_of(agent)


def day(flight):
    return f"/admin/airlines/flight/{flight.pk}/day/cancel/"


def page(flight):
    return f"/admin/airlines/flight/{flight.pk}/rebooking/"


def said(answer):
    return [(message.level_tag, str(message)) for message in get_messages(answer.wsgi_request)]


def test_the_preview_says_who_could_fly_when_and_changes_nothing(desk, flight, later):
    make_flight(departs_at=flight.departs_at + timedelta(hours=24), number="KV105")

    shown = desk.post(day(flight), {}).content.decode()

    assert "Other flights on the same day: 1" in shown
    assert "Other flights on a later day: 1" in shown
    assert "No other flight: 0" in shown
    assert not ItineraryChange.objects.exists()


def test_a_cancelled_flight_leads_to_what_its_travellers_are_proposed(desk, flight, later):
    shown = desk.post(day(flight), {"confirm": "yes"}, follow=True).content.decode()

    assert "Proposed, not answered: 1" in shown
    assert "Nothing proposed: 1" in shown
    assert "KV103 DEL" in shown


def test_staff_edit_what_is_proposed_and_accept_it_for_all(desk, agent, flight, later, now):
    desk.post(day(flight), {"confirm": "yes"})
    proposed = ItineraryChange.objects.exclude(proposed=[]).get()
    other = ItineraryChange.objects.get(proposed=[])

    desk.post(page(flight), {f"way-{proposed.pk}": "", f"way-{other.pk}": str(later.pk), "accept": "yes"})
    carry_out(now=now)
    shown = desk.get(page(flight)).content.decode()

    other.refresh_from_db()
    assert (other.status, other.decided_by) == ("moved", agent)
    assert "1 of 2 bookings have their answer." in shown


def test_what_could_not_be_done_is_said_in_words(desk, flight, later, now):
    desk.post(day(flight), {"confirm": "yes"})
    ItineraryChange.objects.exclude(proposed=[]).update(problem="seats_gone")

    assert "Could not be moved: Somebody was faster" in " ".join(desk.get(page(flight)).content.decode().split())


def test_what_is_no_way_is_refused_with_words_and_changes_nothing(desk, flight, later):
    desk.post(day(flight), {"confirm": "yes"})
    change = ItineraryChange.objects.exclude(proposed=[]).get()

    shown = desk.post(page(flight), {f"way-{change.pk}": "999999", "save": "yes"}, follow=True).content.decode()

    change.refresh_from_db()
    assert change.proposed == [later.pk]
    assert "cannot be flown in the place of yours" in shown


def test_where_nothing_can_be_had_nobody_is_offered_to_move_and_it_says_what_can_be_done(desk, flight):
    desk.post(day(flight), {"confirm": "yes"})
    shown = desk.get(page(flight)).content.decode()
    again = desk.post(page(flight), {"propose": "yes"}, follow=True)
    moved = desk.post(page(flight), {"accept": "yes"}, follow=True)

    assert "Nothing is proposed to 2 bookings." in shown
    assert "all of their money back" in shown
    assert shown.count("No other flight has seats for them.") == 2
    assert 'name="accept"' not in shown
    assert 'name="save"' not in shown
    assert said(again) == [("warning", "No other flight has seats for any of them.")]
    assert said(moved) == [("warning", "Nobody is moved: no other flight is chosen for anybody.")]


def test_proposing_says_who_has_one_and_who_has_none(desk, flight, later):
    desk.post(day(flight), {"confirm": "yes"}, follow=True)

    answer = desk.post(page(flight), {"propose": "yes"}, follow=True)

    assert said(answer) == [
        ("success", "1 booking has a proposal."),
        ("warning", "For 1 booking there is no other flight."),
    ]


def test_of_a_flight_that_can_be_kept_nobody_is_proposed_another(desk, flight):
    moved = {"departs_0": "2026-12-20", "departs_1": "18:00", "arrives_0": "2026-12-20", "arrives_1": "20:00"}
    desk.post(f"/admin/airlines/flight/{flight.pk}/day/move/", moved | {"confirm": "yes"}, follow=True)

    answer = desk.post(page(flight), {"propose": "yes"}, follow=True)

    assert "They can keep this flight." in answer.content.decode()
    [(level, words)] = said(answer)
    assert (level, "can keep this flight" in words) == ("info", True)


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.AGENT, 403), (Role.AIRPORT_AGENT, 200), (Role.SCHEDULE_PLANNER, 200), (Role.REVENUE_MANAGER, 403)],
)
def test_it_is_for_whoever_operates_flights(page_of, flight, role, status):
    user = User.objects.create_user("somebody@example.com", is_staff=True)
    give_role(user=user, role=role)

    assert page_of(user).get(page(flight)).status_code == status
