"""The running API against its own contract, as every kind of caller: whatever is sent, what comes back is agreed.

`make fuzz` sends more.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as effort
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from airlines.tests.factories import claim_for, fare_of, make_flight
from bookings.services.cancellation import quote_cancellation
from bookings.tests.factories import make_booking
from conftest import NOW, PASSWORD
from flights_project.gateway import tokens
from flights_project.gateway.models import User
from flights_project.gateway.roles import Role
from flights_project.gateway.services import give_role

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""For each call, kind of caller and kind of draw. Without it, each caller draws one kind, the next caller the next."""
STAFF_ROLES = (Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR)
CALLERS = ("nobody", "traveller", "key", *map(str, STAFF_ROLES))
CHECKED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DRAWN = effort(
    max_examples=max(EXAMPLES, 1),
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def credentials(request: pytest.FixtureRequest, integrator_key: str, traveller: User) -> dict[str, str]:
    """The header of a caller, and whose bookings they see."""
    caller: str = request.getfixturevalue("caller")
    if caller == "nobody":
        return {}
    if caller == "key":
        return {"Authorization": f"Api-Key {integrator_key}"}
    user = traveller
    if caller in list(STAFF_ROLES):
        user = User.objects.create_user(f"{caller}@example.com", PASSWORD, is_staff=True)
        give_role(user=user, role=next(role for role in STAFF_ROLES if role == caller))
    return {"Authorization": f"Bearer {tokens.log_in(user=user, now=timezone.now()).access}"}


@pytest.fixture
def known(traveller: User) -> dict[str, Any]:
    """Ids of things that there are, by the names of path parameters."""
    now = timezone.now()
    flight = make_flight(departs_at=now + (NOW - NOW.replace(month=10)), seats=9)
    booking = make_booking(traveller, flight, now=now)
    return {
        "id": flight.pk,
        "flight": flight.pk,
        "fare": fare_of(flight).pk,
        "offer": claim_for([flight], now=now).token,
        "locator": booking.locator,
        "quote": str(quote_cancellation(booking=booking, now=now).pk),
    }


def kinds_of(operation: Any, known: dict[str, Any]) -> list[Any]:
    """What the call allows and what it does not, with made-up things and with those there are."""
    names = {parameter.name for parameter in operation.path_parameters}
    there = [{name: known[name] for name in names}] if names and names <= known.keys() else []
    return [operation.as_strategy(mode, path_parameters=ids) for ids in (None, *there) for mode in GenerationMode]


def drawn(schema: Any, known: dict[str, Any], turn: int) -> Iterator[tuple[str, Any]]:
    for index, each in enumerate(schema.get_all_operations()):
        operation = each.ok()
        kinds = kinds_of(operation, known)
        for strategy in kinds if EXAMPLES else [kinds[(index + turn) % len(kinds)]]:
            yield operation.label, strategy


@pytest.mark.parametrize("caller", CALLERS)
def test_nothing_is_answered_that_is_not_in_the_contract(
    caller: str, credentials: dict[str, str], known: dict[str, Any], live_server: Any, settings: Any
) -> None:
    settings.RATE_LIMITS = False
    schema = schemathesis.openapi.from_path("docs/openapi.yaml")
    faults: list[str] = []

    for label, strategy in drawn(schema, known, CALLERS.index(caller)):

        @DRAWN
        @given(case=strategy)
        def ask(case: Any) -> None:
            (case.query or {}).pop("fields", None)  # an answer with chosen fields is not the whole thing
            case.call_and_validate(base_url=live_server.url, headers=credentials, checks=CHECKED)

        try:
            ask()
        except Unsatisfiable:
            continue  # there is no nonsense to send where all that can be sent is an id that there is
        except FailureGroup as fault:
            faults += [f"{label}: {each}" for each in fault.exceptions]

    assert not faults, "\n".join(faults)
