import os
import stat
from pathlib import Path

import pytest

from flights_project.local import environment
from flights_project.local.environment import SERVED_FROM
from flights_project.local.errors import StartError
from flights_project.local.lifetime import Servers
from flights_project.local.place import find_place
from flights_project.local.tests.test_servers import another_user

pytestmark = pytest.mark.usefixtures("bare_environment")
NEEDED = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL", "DEMO", "PAYMENT_GATEWAYS"}


@pytest.mark.parametrize(
    ("given", "filled_in"),
    [
        ({}, True),
        ({"SECRET_KEY": "s"}, False),
        ({"DATABASE_URL": "postgres://db/flights"}, False),
        ({"REDIS_URL": "redis://cache/0"}, False),
        ({"DEMO": "off"}, False),
        ({"DEMO": "on", "SECRET_KEY": "s"}, True),
    ],
)
def test_a_deployment_that_is_configured_is_left_alone(
    given: dict[str, str], filled_in: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(environment, "prepare_demo", lambda: asked.append(True))
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    environment.prepare()
    assert bool(asked) is filled_in


def test_the_demo_has_all_it_needs_and_keeps_what_was_set(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://db/flights")
    monkeypatch.setenv("REDIS_URL", "redis://cache/0")
    monkeypatch.setenv("ALLOWED_HOSTS", "fly.example.com")
    monkeypatch.setenv("PORT", "8123")
    environment.prepare_demo(checkout)
    assert os.environ.keys() >= NEEDED
    assert os.environ["DATABASE_URL"] == "postgres://db/flights"
    assert os.environ["ALLOWED_HOSTS"] == "fly.example.com"
    assert os.environ["SITE_URL"] == "http://localhost:8123"
    assert SERVED_FROM not in os.environ


def test_the_secret_is_made_once_and_nobody_else_reads_it(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://db/flights")
    monkeypatch.setenv("REDIS_URL", "redis://cache/0")
    environment.prepare_demo(checkout)
    first = os.environ.pop("SECRET_KEY")
    environment.prepare_demo(checkout)
    assert os.environ["SECRET_KEY"] == first
    assert len(first) >= 50
    assert stat.S_IMODE((checkout / ".local" / "secret_key").stat().st_mode) == 0o600


def test_a_test_run_has_servers_of_its_own_and_sweeps_those_of_a_killed_run(
    checkout: Path, bare_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", bare_environment["DATABASE_URL"])  # Valkey alone is quicker
    folder = find_place(checkout).folder
    left = folder / "tests-left"
    with another_user(left, checkout, "dies"):
        pass
    assert (left / "postgres" / "postmaster.pid").exists()
    servers = environment.prepare_tests(checkout)
    assert servers
    environment.check_reachable()
    assert os.environ.keys() >= NEEDED
    assert not left.exists()
    servers.leave()
    assert list(folder.glob("tests-*/")) == []


def test_a_test_run_that_lives_is_not_swept(checkout: Path) -> None:
    home = find_place(checkout).folder / "tests-living"
    home.mkdir()
    servers = Servers(home, find_place(checkout), durable=False)
    servers.use(postgres=False, valkey=False)
    environment.sweep_tests(checkout)
    assert home.exists()
    servers.leave()
    assert not home.exists()


def test_a_program_we_start_uses_our_servers(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv(SERVED_FROM, str(home))
    assert environment.demo_servers().home == home


@pytest.mark.parametrize(
    ("name", "url", "complaint"),
    [
        ("DATABASE_URL", "postgres://u:secret@127.0.0.1:1/x", "leads to no PostgreSQL: .* refused"),
        ("DATABASE_URL", "mysql://u@127.0.0.1/x", "is not of the form postgres://"),
        ("DATABASE_URL", "postgres://u@127.0.0.1:port/x", "is not of the form postgres://"),
        ("REDIS_URL", "redis://:secret@127.0.0.1:1/0", "leads to no Redis or Valkey: .* refused"),
        ("REDIS_URL", "cache", "leads to no Redis or Valkey: "),
    ],
)
def test_a_url_that_leads_nowhere_is_named_without_its_password(
    name: str, url: str, complaint: str, bare_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", bare_environment["DATABASE_URL"])
    monkeypatch.setenv(name, url)
    with pytest.raises(StartError, match=f"{name} {complaint}") as raised:
        environment.check_reachable()
    assert "secret" not in str(raised.value)
