"""What logs never say: who somebody is, and what opens a door."""

import json
import traceback

import pytest
from django.db import IntegrityError, transaction

from conftest import PASSWORD
from flights_project.gateway.models import User
from flights_project.lib.logs import without_personal

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        ("no mailbox asha.rao+kestrel@mail.example.co.in here", "asha"),
        ("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJ0b2tl.c2ln", "eyJ"),
        ("Authorization: Api-Key 1a2b3c4d.q7xVnJ0secret-secret_9", "secret"),
        ("signed with whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "C2FV"),
        ("charged by sk_live_51Hx9secret", "51Hx"),
        ("redis://:hunter2hunter2@localhost:6379/0 is away", "hunter2"),
        ("postgres://flights:hunter2@db/flights", "hunter2"),
        ('"error": "duplicate key\\nDETAIL:  Key (given_name)=(Asha) already exists.\\nCONTEXT: none"', "Asha"),
        ("DETAIL:  Failing row contains (7, Asha, Rao, 1990-04-05).", "Asha"),
    ],
)
def test_what_is_personal_is_left_out_wherever_it_comes_from(said, secret):
    assert secret in said
    assert secret not in without_personal(said)


def test_the_rest_of_a_line_stays():
    line = '{"event": "booking_confirmed", "booking": "K7QX2M", "at": "2026-11-20T06:30:00Z", "took": "12ms"}'

    assert without_personal(line) == line


def test_an_error_of_the_database_says_no_row(traveller):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        User.objects.create_user("Traveller@example.com", PASSWORD)

    as_logged = json.dumps({"exception": "".join(traceback.format_exception(refused.value)), "level": "error"})

    said = json.loads(without_personal(as_logged))
    assert "user_email_once_in_any_case" in said["exception"]
    assert "traveller@" not in said["exception"].casefold()
    assert said["level"] == "error"
