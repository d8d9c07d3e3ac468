"""What a problem's `type` leads to."""

import re

import pytest

from flights_project.api import STATUSES
from flights_project.gateway.problems import CODES
from flights_project.lib.problems import Problem
from flights_project.problem_types import MEANINGS, OF_THE_STREAM

pytestmark = pytest.mark.django_db


def test_the_type_of_an_answer_leads_to_where_its_code_is_explained(client):
    problem = client.get("/api/v1/nowhere/").json()
    page, _, anchor = problem["type"].partition("#")

    shown = client.get(page).content.decode()

    assert problem["code"] == anchor == "not_found"
    assert f'id="{anchor}"' in shown
    assert MEANINGS[anchor] in shown


def test_every_code_is_explained_once(client):
    shown = client.get("/api/v1/problems/").content.decode()

    anchors = re.findall(r'<dt id="(\w+)">', shown)
    assert sorted(anchors) == sorted({*CODES, *OF_THE_STREAM, *(error.code for error in STATUSES)})
    assert set(MEANINGS) == {*CODES, *OF_THE_STREAM} - {error.code for error in STATUSES}


def test_the_page_is_only_read(client):
    assert client.post("/api/v1/problems/").status_code == 405


def test_a_type_names_no_deployment():
    """It is resolved against the address of the request, whoever runs this."""
    problem = Problem(status=404, code="not_found", title="Not Found", detail="", members={}).as_dict()

    assert problem["type"] == "/api/v1/problems/#not_found"
