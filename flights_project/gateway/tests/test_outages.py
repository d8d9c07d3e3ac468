"""What callers are told where PostgreSQL or Redis is away or too slow."""

import psycopg2
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import Client
from redis.exceptions import ConnectionError as RedisAway

from flights_project.gateway.outages import TookTooLong, Unavailable, outage

pytestmark = pytest.mark.django_db


@pytest.fixture
def door():
    """A browser or a program that sees the answer and not the exception."""
    return Client(raise_request_exception=False)


@pytest.fixture
def without_database(monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("connection to server at 10.0.0.1 refused")

    monkeypatch.setattr(connection, "cursor", refuse)


@pytest.mark.usefixtures("without_database")
def test_a_program_is_told_to_come_back(door):
    answer = door.get("/api/v1/airports/")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert b"10.0.0.1" not in answer.content


@pytest.mark.usefixtures("without_database")
def test_a_traveller_sees_a_page(door):
    answer = door.get("/")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "We cannot answer at the moment" in answer.content.decode()


@pytest.mark.usefixtures("without_database")
def test_what_fails_outside_a_view_is_told_the_same(door, monkeypatch):
    def fail(*args, **kwargs):
        raise RedisAway("Error 111 connecting to 10.0.0.2")

    monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_response", fail)

    answer = door.get("/api/v1/airports/")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert b"10.0.0.2" not in answer.content


@pytest.fixture
def in_a_hurry():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '100ms'")
        yield cursor
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_takes_too_long_is_no_fault_of_the_request(in_a_hurry):
    with pytest.raises(OperationalError) as late:
        in_a_hurry.execute("SELECT pg_sleep(10)")

    assert isinstance(outage(late.value), TookTooLong)


def test_a_connection_that_broke_while_it_answered_is_an_outage():
    with pytest.raises(DatabaseError) as broken, connection.wrap_database_errors:
        raise psycopg2.DatabaseError("error with status PGRES_TUPLES_OK and no message from the libpq")

    assert isinstance(outage(broken.value), Unavailable)


def test_other_errors_are_none():
    assert outage(ValueError()) is None
    assert outage(DatabaseError("Save with update_fields did not affect any rows.")) is None
    assert outage(None) is None
    assert isinstance(outage(RedisAway()), Unavailable)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_only_read(path):
    assert Client(enforce_csrf_checks=True).post(path).status_code == 405
