"""The API's description: as it was agreed, with an example for everything, and every code in the documentation."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from flights_project.api import STATUSES
from flights_project.gateway.problems import CODES
from flights_project.problem_types import OF_THE_STREAM
from notifications.models import EventType

AGREED = Path(settings.BASE_DIR, "docs/openapi.yaml")
CODES_PAGE = Path(settings.BASE_DIR, "docs/architecture/gateway.md")
METHODS = {"get", "post", "put", "patch", "delete"}


@cache
def contract() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(AGREED.read_text())
    return document


def operations() -> list[tuple[str, dict[str, Any]]]:
    paths = contract()["paths"].items()
    return [
        (f"{name} {path}", path_item[name]) for path, path_item in paths for name in sorted(METHODS & path_item.keys())
    ]


def contents(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The bodies of its request and of its success."""
    answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    bodies = [operation.get("requestBody", {}), *answers]
    return [content for body in bodies for content in body.get("content", {}).values()]


def faults(value: Any, schema: dict[str, Any]) -> list[str]:
    """Why `value` is none that `schema`, a reference, allows."""
    whole = DRAFT202012.create_resource(contract())
    place = {"$ref": f"urn:contract{schema['$ref']}"}
    validator = Draft202012Validator(place, registry=Registry().with_resource("urn:contract", whole))
    return [error.message for error in validator.iter_errors(value)]


def test_the_api_is_as_it_was_agreed() -> None:
    written = OpenApiYamlRenderer().render(SchemaGenerator().get_schema(public=True), renderer_context={}).decode()

    assert written == AGREED.read_text(), "The API has changed. If it should: make openapi."


@pytest.mark.parametrize(("call", "operation"), operations(), ids=[call for call, _ in operations()])
def test_a_call_is_described_with_examples_that_it_allows(call: str, operation: dict[str, Any]) -> None:
    assert operation["description"]
    assert operation["summary"]
    assert {"400", "401", "429", "500", "503"} <= operation["responses"].keys()
    for content in contents(operation):
        if "$ref" in content["schema"]:
            assert faults(content["example"], content["schema"]) == []


def scopes_of(call: str) -> list[list[str]]:
    """What each way of a key to the call needs."""
    [security] = [operation["security"] for name, operation in operations() if name == call]
    return [way["apiKey"] for way in security if "apiKey" in way]


@pytest.mark.parametrize(
    ("call", "scopes"),
    [
        ("get /api/v1/search/", [["search"]]),
        ("post /api/v1/bookings/", [["book"]]),
        ("get /api/v1/bookings/{locator}/", [["book"], ["manage"]]),
        ("get /api/v1/events/", [["events"]]),
        ("get /api/v1/flights/", [[]]),
        ("post /api/v1/flights/", []),
        ("post /api/v1/price-alerts/", []),
    ],
)
def test_a_call_says_which_scope_opens_it(call: str, scopes: list[list[str]]) -> None:
    assert scopes_of(call) == scopes


def test_what_anybody_may_call_is_told() -> None:
    is_open = {call for call, operation in operations() if {} in operation["security"]}

    assert {"get /api/v1/search/", "get /api/v1/airports/", "post /api/v1/auth/token/"} <= is_open
    assert not is_open & {"get /api/v1/bookings/", "post /api/v1/airports/", "get /api/v1/fare-changes/"}


def test_every_type_of_event_is_described_as_a_webhook() -> None:
    assert contract()["webhooks"].keys() == set(EventType)


def test_an_example_of_a_page_leads_on_in_its_own_list() -> None:
    [listed] = contents(dict(operations())["get /api/v1/airports/"])

    assert listed["example"]["next"].startswith("https://fly.example.com/api/v1/airports/?cursor=")


def test_every_code_has_an_example_and_its_row_in_the_documentation() -> None:
    ours = CODES | {error.code: status for error, status in STATUSES.items()}
    shown = {
        code: example["value"]["status"]
        for answer in contract()["components"]["responses"].values()
        for content in answer.get("content", {}).values()
        for code, example in content["examples"].items()
    }
    table = re.findall(r"^\| ([\d, ]+) \| (.*) \|$", CODES_PAGE.read_text(), re.MULTILINE)
    listed = [set(re.findall(r"`([a-z_]+)`", codes)) for _statuses, codes in table]

    assert shown == ours
    ours |= OF_THE_STREAM
    assert set().union(*listed) == ours.keys()
    for (statuses, _), codes in zip(table, listed, strict=True):
        assert {str(int(ours[code])) for code in codes} == set(statuses.split(", "))
