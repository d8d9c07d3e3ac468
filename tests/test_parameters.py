"""Each parameter that the contract lists does something: with a value that fits nothing, the answer differs."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from airlines.models import Flight
from flights_project.gateway.models import User
from tests.test_access import CALLERS, ROWS, Row, door_of, path_of, people  # noqa: F401 -- a fixture
from tests.test_contract import contents, operations

FITS_NOTHING = "~"


def like(path: str) -> str:
    """`/bookings/{locator}/` → `/bookings/{}/`: names of parts of a path are not the same everywhere."""
    return re.sub(r"\{\w+\}", "{}", path)


READS = {like(row.path): row for row in ROWS if row.method == "GET" and row.whose != "another's"}


def names_of(operation: dict[str, Any]) -> list[str]:
    return [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]


LISTED = [
    (call.removeprefix("get "), names_of(operation))
    for call, operation in operations()
    if call.startswith("get ") and names_of(operation)
]
"""Reads with the names of their parameters."""


def asked_with(path: str, flight: Flight) -> dict[str, str]:
    """What a read has to be asked with."""
    places = {"origin": flight.origin.iata, "destination": flight.destination.iata}
    day, month = flight.departs_on.isoformat(), f"{flight.departs_on:%Y-%m}"
    return {
        "/api/v1/places/": {"q": places["origin"]},
        "/api/v1/search/": places | {"depart_on": day},
        "/api/v1/search/flexible/": places | {"depart_on": day, "return_on": day},
        "/api/v1/search/calendar/": places | {"month": month},
        "/api/v1/search/destinations/": {"origin": places["origin"], "month": month},
    }.get(path, {})


@pytest.fixture
def reader(people: dict[str, User], as_user: Any, as_key: Any) -> Callable[[Row], tuple[Any, str]]:  # noqa: F811 -- asked for as a fixture
    """For a read, somebody who may, and the path to something of theirs."""

    def reader(row: Row) -> tuple[Any, str]:
        caller = next(each for each in CALLERS[1:] if row.statuses[each] in ("200", "400"))
        path = path_of(row, people[caller], timezone.now())
        return door_of(caller, people, path, as_user, as_key), path

    return reader


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "names"), LISTED, ids=[path for path, _ in LISTED])
def test_each_does_something(reader: Any, path: str, names: list[str]) -> None:
    client, asked = reader(READS[like(path)])
    wanted = asked_with(path, Flight.objects.earliest("pk"))

    def answer(more: dict[str, str]) -> tuple[int, Any]:
        got = client.get(asked, wanted | more)
        return got.status_code, got.json().get("errors", got.json()) if "json" in got["Content-Type"] else got.content

    plain = answer({})
    assert plain[0] == 200
    assert [name for name in names if answer({name: FITS_NOTHING}) == plain] == []


def test_only_what_has_fields_is_asked_for_some() -> None:
    """A file has none to choose from."""
    with_fields = [(call, operation) for call, operation in operations() if "fields" in names_of(operation)]

    assert with_fields
    for call, operation in with_fields:
        assert all("$ref" in content["schema"] for content in contents(operation)), call
