import os
import subprocess
import sys
from pathlib import Path

import pytest

from flights_project.local.environment import PROJECT

A_TEST = """
import os
from pathlib import Path
from flights_project.local.environment import SERVED_FROM, check_reachable

def test_the_servers_answer():
    check_reachable()
    assert os.environ["REDIS_URL"].endswith("/1")
    Path("home").write_text(os.environ[SERVED_FROM])
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Somebody's tests, to be run by a pytest of their own."""
    (tmp_path / "pytest.ini").touch()
    (tmp_path / "test_servers.py").write_text(A_TEST)
    return tmp_path


def run_pytest(suite: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    options = ["-p", "xdist", "-p", "flights_project.local.pytest_plugin", "-n", "1"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        check=False,
        cwd=suite,
        env=os.environ | {"PYTHONPATH": str(PROJECT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | environment,
        capture_output=True,
        text=True,
    )


def test_the_servers_of_a_run_are_its_own_and_vanish_with_it(suite: Path, bare_environment: dict[str, str]) -> None:
    ran = run_pytest(suite, DATABASE_URL=bare_environment["DATABASE_URL"])  # Valkey alone is quicker
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert not Path((suite / "home").read_text()).exists()


@pytest.mark.usefixtures("bare_environment")
def test_a_server_that_cannot_be_reached_is_one_clear_line(suite: Path) -> None:
    ran = run_pytest(suite, DATABASE_URL="postgres://u@127.0.0.1:1/x", REDIS_URL="redis://127.0.0.1:1/0")
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert ran.stderr.startswith("ERROR: DATABASE_URL leads to no PostgreSQL: ")
