"""Servers of their own for these tests, apart from the ones that pytest itself started."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flights_project.local.environment import SERVED_FROM
from flights_project.local.lifetime import Servers
from flights_project.local.place import find_place


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    """A folder where a checkout might be, within reach of every account."""
    folder = Path(tempfile.mkdtemp(prefix="flights-checkout-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def home(checkout: Path) -> Path:
    """Where the servers of that checkout live; the module's tests share them to be quick."""
    return find_place(checkout).folder / "demo"


@pytest.fixture
def servers(checkout: Path, home: Path) -> Iterator[Servers]:
    servers = Servers(home, find_place(checkout), durable=True)
    yield servers
    servers.leave()


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Nobody has configured anything. Returns how it was."""
    before = dict(os.environ)
    for name in (
        *("DATABASE_URL", "REDIS_URL", SERVED_FROM, "PORT", "PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS"),
        *("DEMO", "SECRET_KEY", "SITE_URL", "ALLOWED_HOSTS", "PAYMENT_GATEWAYS", "STATICFILES_STORAGE"),
    ):
        monkeypatch.setenv(name, "")  # so that what the test sets itself is undone, too
        del os.environ[name]
    return before
