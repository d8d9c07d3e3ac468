"""The fixed cast, the clock, and the doors that tests act through."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from rest_framework.test import APIClient

from airlines.services import reference
from flights_project.gateway import tokens
from flights_project.gateway.models import ApiKey, User
from flights_project.gateway.roles import Role

NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
PASSWORD = "a long enough passphrase"

# What hypothesis draws is the same in every run, and nobody looks at the clock: a run is red for what has changed.
# `make test ARGS="--hypothesis-profile=default"` draws anew.
hypothesis.register_profile(
    "repeatable", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis.load_profile("repeatable")


@pytest.fixture
def now() -> Iterator[datetime]:
    """A fixed instant; the whole process lives in it until the test ends, and so do all log-ins."""
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture
def in_a_month(now: datetime) -> datetime:
    """A departure on 20 December 2026 at noon in India."""
    return now + timedelta(days=30)


@pytest.fixture(autouse=True)
def _plain_environment(settings: Any) -> None:
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CURRENCY = "INR"
    settings.SEARCH_CACHE_BYTES = 0  # what is kept outlives a test, its transaction does not


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _reference_as_it_is(settings: Any) -> None:
    """Every search asks whether the reference has changed: tests change it faster than anybody else."""
    reference.forget()
    settings.REFERENCE_CHECKED_EVERY = timedelta(0)


@pytest.fixture
def keep_reference(settings: Any) -> Any:
    """Called once everything is made: from then on the reference is in memory, as in a process that runs."""

    def keep() -> None:
        settings.REFERENCE_CHECKED_EVERY = timedelta(hours=1)
        reference.current()

    return keep


@pytest.fixture
def traveller(db: None) -> User:
    return User.objects.create_user("traveller@example.com", PASSWORD, first_name="Asha", last_name="Rao")


@pytest.fixture
def stranger(db: None) -> User:
    return User.objects.create_user("stranger@example.com", PASSWORD)


@pytest.fixture
def agent(db: None) -> User:
    """Staff with every permission."""
    return User.objects.create_superuser("agent@example.com", PASSWORD, first_name="Ravi")


@pytest.fixture
def integrator(db: None) -> User:
    user = User.objects.create_user("integrator@example.com", PASSWORD)
    user.groups.add(Group.objects.get_or_create(name=Role.INTEGRATOR)[0])
    return user


@pytest.fixture
def integrator_key(integrator: User) -> str:
    return ApiKey.issue(owner=integrator, name="tests")[1]


@pytest.fixture
def api() -> APIClient:
    """An API client that nobody is logged in to; `as_user` and `as_key` log in."""
    return APIClient()


@pytest.fixture
def as_user(now: datetime) -> Any:
    def log_in(user: User) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.log_in(user=user, now=now).access}")
        return client

    return log_in


@pytest.fixture
def as_key(now: datetime) -> Any:
    def log_in(key: str) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
        return client

    return log_in


@pytest.fixture
def page_of(now: datetime) -> Any:
    """A browser session that somebody is logged in to."""

    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return log_in
