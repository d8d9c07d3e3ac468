import importlib.util
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from flights_project.local import bootstrap


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("django>=5.2\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\npytest\n")
    return tmp_path / "requirements.txt"


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, requirements: Path) -> list[str]:
    """The names of the steps taken. Each leaves a virtual environment whose Python works."""
    taken: list[str] = []

    def take(name: str, command: list[str]) -> None:
        python = requirements.parent / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.unlink(missing_ok=True)
        python.symlink_to(sys.executable)
        taken.append(name)

    monkeypatch.setattr(bootstrap, "step", take)
    return taken


def test_the_environment_is_built_once(requirements: Path, steps: list[str]) -> None:
    assert [bootstrap.main([str(requirements)]) for _ in range(3)] == [0, 0, 0]
    assert steps == ["Python's venv module", "pip"]


def test_changed_requirements_are_installed(requirements: Path, steps: list[str]) -> None:
    bootstrap.main([str(requirements)])
    requirements.write_text("django>=5.2\nredis\n")
    bootstrap.main([str(requirements)])
    assert steps.count("pip") == 2


def test_the_tools_include_what_flights_runs_on(requirements: Path, steps: list[str]) -> None:
    bootstrap.main([str(requirements.with_name("requirements-dev.txt"))])
    bootstrap.main([str(requirements)])
    assert steps.count("pip") == 1


def test_an_environment_whose_python_has_gone_is_built_again(requirements: Path, steps: list[str]) -> None:
    bootstrap.main([str(requirements)])
    python = requirements.parent / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    bootstrap.main([str(requirements)])
    assert steps.count("pip") == 2


def test_a_python_without_venv_is_told_what_to_install(
    requirements: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert bootstrap.main([str(requirements)]) == 1
    assert "apt-get install python3-venv" in capsys.readouterr().err


def test_a_full_disk_is_named_beforehand(
    requirements: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free=999_999_999))
    assert bootstrap.main([str(requirements)]) == 1
    assert "is full: the Python packages need 1 GB" in capsys.readouterr().err


def test_a_failed_step_leaves_nothing_that_looks_finished(
    requirements: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert bootstrap.main([str(requirements)]) == 1
    assert capsys.readouterr().err == "flights: Python's venv module failed: what it said is above.\n"
    assert not bootstrap.is_ready(requirements.parent / ".venv", requirements)
