"""Many fares changed at once by the API: previewed, applied, undone."""

from datetime import timedelta

import pytest

from airlines.models import FareChange, FlightFare
from airlines.tests.factories import fare_of, make_flight

pytestmark = pytest.mark.django_db
CHANGES = "/api/v1/fare-changes/"
RISE = {"origin": "DEL", "kind": "percent", "by": "10", "reason": "Diwali"}


@pytest.fixture
def fares(in_a_month):
    return [fare_of(make_flight(departs_at=in_a_month + timedelta(days=n))) for n in range(2)]


@pytest.fixture
def staff(as_user, agent):
    return as_user(agent)


def amounts(fares):
    return list(FlightFare.objects.filter(pk__in=[fare.pk for fare in fares]).values_list("amount", flat=True))


def test_a_preview_says_what_would_change_and_changes_nothing(staff, fares, agent):
    asked = RISE | {"departs_from": "2026-12-20", "load_to": 50, "amount_from": "100", "cabin": "economy"}

    made = staff.post(CHANGES, asked)

    assert made.status_code == 201
    body = made.json()
    assert (body["status"], body["made_by"], body["available_actions"]) == ("previewed", agent.email, ["apply"])
    assert (body["origin"], body["load_to"], body["amount_from"]["amount"]) == ("DEL", 50, "100.00")
    assert (body["totals"]["fares"], body["totals"]["rises"]) == (2, 2)
    assert body["totals"]["after"] == {"amount": "8800.00", "currency": "INR"}
    assert amounts(fares) == [4000, 4000]


def test_it_is_applied_and_undone(staff, fares):
    url = f"{CHANGES}{staff.post(CHANGES, RISE).json()['id']}/"

    applied = staff.post(f"{url}apply/").json()
    assert (applied["status"], applied["available_actions"], amounts(fares)) == ("applied", ["undo"], [4400, 4400])
    undone = staff.post(f"{url}undo/").json()
    assert (undone["status"], undone["available_actions"], amounts(fares)) == ("undone", [], [4000, 4000])
    assert staff.post(f"{url}apply/").json()["code"] == "fare_change_done"


def test_what_changed_meanwhile_is_left_alone_and_counted(staff, fares):
    url = f"{CHANGES}{staff.post(CHANGES, RISE).json()['id']}/"
    FlightFare.objects.filter(pk=fares[0].pk).update(amount=5000)

    assert staff.post(f"{url}apply/").json()["totals"]["by_status"] == {"applied": 1, "overtaken": 1}
    lines = staff.get(f"{url}lines/").json()["results"]
    assert {(line["fare"], line["status"]) for line in lines} == {(fares[0].pk, "overtaken"), (fares[1].pk, "applied")}
    assert amounts(fares) == [5000, 4400]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"origin": "ZZZ"}, "origin"),
        ({"by": None}, "by"),
        ({"by": "-101"}, "by"),
        ({"load_from": 101}, "load_from"),
        ({"reason": ""}, "reason"),
        ({"departs_from": "2026-12-20", "departs_to": "2026-12-01"}, "departs_to"),
        ({"amount_from": "9000"}, "non_field_errors"),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_of_its_field(staff, fares, changes, field):
    refused = staff.post(CHANGES, RISE | changes)

    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])
    assert not FareChange.objects.exists()


def test_they_are_listed_the_newest_first(staff, fares):
    first, second = (staff.post(CHANGES, RISE | {"reason": reason}).json()["id"] for reason in ("one", "two"))

    assert [each["id"] for each in staff.get(CHANGES).json()["results"]] == [second, first]


def test_a_list_asks_no_more_for_being_longer(staff, fares, django_assert_num_queries):
    for reason in ("one", "two", "three"):
        staff.post(CHANGES, RISE | {"reason": reason})

    with django_assert_num_queries(2):
        assert [each["totals"] for each in staff.get(CHANGES).json()["results"]] == [None] * 3
