"""Connections that are kept between requests."""

import pytest
from django.db import OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept():
    """A connection of its own, as one that a request left behind."""
    kept = connections.create_connection("default")
    kept.health_check_enabled = True
    kept.ensure_connection()
    yield kept
    kept.close()


def next_request(kept):
    kept.health_check_done = False
    with kept.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_are_used_again_without_asking(kept):
    first = next_request(kept)

    with CaptureQueriesContext(kept) as asked:
        assert next_request(kept) == first

    assert len(asked) == 1


def test_are_made_anew_where_the_server_has_ended_them(kept):
    first = next_request(kept)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])

    assert next_request(kept) != first


def test_are_made_anew_where_they_were_closed_here(kept):
    first = next_request(kept)
    kept.connection.close()

    assert next_request(kept) != first


def test_are_asked_after_an_error(kept):
    next_request(kept)
    with pytest.raises(OperationalError), kept.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    assert not kept.is_usable()
