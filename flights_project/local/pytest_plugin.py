"""PostgreSQL, Valkey and compiled words for one run of the tests, before pytest-django reads the settings.

Loaded by `-p` in pyproject.toml. With pytest-xdist the first process starts the servers; its workers inherit
where they are, and each has a database number of its own in Valkey (pytest-django gives each its PostgreSQL
database).
"""

import os
import re
from collections.abc import Generator

import pytest

from flights_project.local.environment import SERVED_FROM, check_reachable, prepare_tests
from flights_project.local.errors import StartError
from flights_project.local.words import compile_catalogues


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        use_own_valkey_database(worker)
    else:
        compile_catalogues()
        start_servers(early_config)
    yield


def start_servers(config: pytest.Config) -> None:
    """Servers that are left when pytest ends, be it by Ctrl-C."""
    try:
        servers = prepare_tests()
        if servers is not None:
            config.add_cleanup(servers.leave)
        check_reachable()
    except StartError as error:
        raise pytest.UsageError(str(error)) from None


def use_own_valkey_database(worker: str) -> None:
    """`gw0` has database 1 and so on, where the server is ours."""
    if SERVED_FROM in os.environ:
        number = int(worker.removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = re.sub(r"/\d+$", f"/{number}", os.environ["REDIS_URL"])
