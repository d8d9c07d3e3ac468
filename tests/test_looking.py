"""The commands that look at pages start by themselves: whatever they import asks nothing of a Django that is set up."""

import os
import subprocess
import sys

import pytest

from flights_project.local.environment import PROJECT


@pytest.mark.parametrize("command", ["tests.screenshots", "benchmarks.pages"])
def test_starts_without_an_environment(command: str) -> None:
    path = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    subprocess.run([sys.executable, "-m", command, "--help"], cwd=PROJECT, env=path, check=True, capture_output=True)  # noqa: S603 -- our own
