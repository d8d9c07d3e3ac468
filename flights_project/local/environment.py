"""The environment that `settings.py` reads, filled in for one machine.

A production deployment sets its environment itself, and none of this happens there.
"""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import environ
import psycopg2
import redis

from flights_project.local import locks
from flights_project.local.errors import StartError
from flights_project.local.lifetime import Servers, end_in_order
from flights_project.local.place import find_place, local_folder
from flights_project.local.valkey import connect

PROJECT = Path(__file__).resolve().parents[2]
DEFAULT_PORT = "8000"
POSTGRES_SCHEMES = {"postgres", "postgresql", "psql", "pgsql"}
ON = {"1", "on", "true", "yes", "y", "t", "ok"}

SERVED_FROM = "FLIGHTS_LOCAL_SERVERS"
"""Names the servers' home to the programs we start: those use the same servers, and hold them too."""

DEMO_SETTINGS = {
    "DEMO": "on",
    "PAYMENT_GATEWAYS": "sandbox",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
}
TEST_SETTINGS = {
    "SECRET_KEY": "for-tests-only-" + "0" * 40,
    "SITE_URL": "http://localhost:8000",
    "STATICFILES_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
}


def prepare() -> None:
    """Make any `manage.py` command work: a checkout that nobody configured is given the demo's environment.

    `DEMO` says whether it is one. Where that is unset, whoever set `SECRET_KEY`, `DATABASE_URL` or
    `REDIS_URL` has configured a deployment, and nothing is filled in.
    """
    demo = os.environ.get("DEMO")
    configured = any(os.environ.get(name) for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL"))
    if demo.lower() in ON if demo else not configured:
        prepare_demo()


def prepare_demo(project: Path = PROJECT) -> None:
    """Fill in what is unset: servers of our own, a secret of this checkout, the names of this machine."""
    end_in_order()
    _provide_servers(demo_servers(project))
    port = os.environ.get("PORT") or DEFAULT_PORT
    own = {"SITE_URL": f"http://localhost:{port}", "STREAM_URL": f"http://localhost:{stream_port(int(port))}"}
    for name, value in (DEMO_SETTINGS | own).items():
        os.environ.setdefault(name, value)
    if "SECRET_KEY" not in os.environ:
        os.environ["SECRET_KEY"] = _secret_key(project)


def stream_port(port: int) -> int:
    """Where the Procfile serves the price stream beside pages at `port`."""
    return port + 1


def prepare_tests(project: Path = PROJECT) -> Servers | None:
    """The environment of one run of the tests, whatever a person has set up for the demo.

    Returns the throw-away servers, which the caller has to leave; none where both URLs are set.
    """
    end_in_order()
    os.environ.update(DEMO_SETTINGS | TEST_SETTINGS)
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return None
    with throw_away_servers(project, durable=False) as servers:
        _provide_servers(servers)
    return servers


@contextmanager
def throw_away_servers(project: Path = PROJECT, *, durable: bool) -> Iterator[Servers]:
    """Servers to be used before the block ends; they vanish with their last user, or are swept by the next run."""
    place = find_place(project)
    with locks.exclusively(place.folder / "tests.lock"):
        sweep_tests(project)
        home = Path(tempfile.mkdtemp(prefix="tests-", dir=place.folder))
        yield Servers(home, place, durable=durable, kept=False)


def sweep_tests(project: Path = PROJECT) -> None:
    """Remove the servers of test runs that were killed."""
    place = find_place(project)
    for home in place.folder.glob("tests-*/"):
        left = Servers(home, place, durable=False)
        with suppress(FileNotFoundError):  # its last user is just removing it
            if not left.used():
                left.stop()


def demo_servers(project: Path = PROJECT) -> Servers:
    """The servers of this checkout's demo, or those that whoever started this program has named."""
    place = find_place(project)
    home = Path(os.environ.get(SERVED_FROM) or place.folder / "demo")
    return Servers(home, place, durable=home.name == "demo")


def check_reachable() -> None:
    """Raise `StartError` where DATABASE_URL or REDIS_URL leads nowhere."""
    try:
        psycopg2.connect(**_connection(os.environ["DATABASE_URL"]), connect_timeout=5).close()
    except psycopg2.OperationalError as error:
        raise StartError(f"DATABASE_URL leads to no PostgreSQL: {_first_line(error)}") from None
    try:
        with connect(os.environ["REDIS_URL"]) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise StartError(f"REDIS_URL leads to no Redis or Valkey: {_first_line(error)}") from None


def _connection(url: str) -> dict[str, object]:
    """What `url` says, as `settings.py` will read it."""
    misread = "DATABASE_URL is not of the form postgres://user:password@host:port/database."
    if url.partition("://")[0] not in POSTGRES_SCHEMES:
        raise StartError(misread)
    try:
        read = environ.Env.db_url_config(url)
    except ValueError:
        raise StartError(misread) from None
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "NAME": "dbname"}
    return {names[name]: read[name] or None for name in names}


def _provide_servers(servers: Servers) -> None:
    """Set the URLs that are unset to servers of our own."""
    postgres, valkey = (not os.environ.get(name) for name in ("DATABASE_URL", "REDIS_URL"))
    if not (postgres or valkey or SERVED_FROM in os.environ):
        return
    servers.use(postgres=postgres, valkey=valkey)
    os.environ[SERVED_FROM] = str(servers.home)
    if postgres:
        os.environ["DATABASE_URL"] = servers.postgres.url
    if valkey:
        os.environ["REDIS_URL"] = servers.valkey.url


def _secret_key(project: Path) -> str:
    """Made once and kept, so that sessions and offers outlive a restart."""
    path = local_folder(project) / "secret_key"
    with locks.exclusively(path.with_suffix(".lock")):
        if not path.exists():
            path.touch(mode=0o600)
        if not path.read_text():
            path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
