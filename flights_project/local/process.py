"""One process of the Procfile by itself, for the tests, the chaos and the benchmarks that watch or kill it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from flights_project.local.environment import PROJECT
from flights_project.local.errors import StartError
from flights_project.local.processes import procfile
from flights_project.local.run import is_healthy
from flights_project.local.server import wait_until
from flights_project.local.valkey import free_port

APPLICATION = "flights_project.wsgi:application"
RUN = """
import sys
from pathlib import Path
from flights_project.local import processes
sys.exit(processes.main(Path(sys.argv.pop())))
"""
UP_IN_TIME = 60.0
DOWN_IN_TIME = 20.0


class Process:
    """`name` of the Procfile, started as `make run` starts it; what it says is kept in `folder`.

    `application` is served in place of the project's own: a module of tests that changes something first and then
    loads it. The process ends with us, however we end.
    """

    def __init__(
        self, name: str, folder: Path, environment: Mapping[str, str], *, application: str = APPLICATION
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._folder = folder / name
        self._folder.mkdir(exist_ok=True)
        command = procfile(PROJECT)[name].replace(APPLICATION, application).replace(".local/", f"{self._folder}/")
        (self._folder / "Procfile").write_text(f"{name}: {command}\n")
        self._environment = {**os.environ, **environment}
        self._runner: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._runner = subprocess.Popen(
                [sys.executable, "-c", RUN, str(self._folder)],
                cwd=PROJECT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self) -> None:
        """Nothing of it runs when this returns."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        try:
            runner.communicate(timeout=DOWN_IN_TIME)  # its input ends, which tells it to stop
        except subprocess.TimeoutExpired:
            runner.kill()
            runner.wait()

    @property
    def runs(self) -> bool:
        return self._runner is not None and self._runner.poll() is None

    @property
    def pid(self) -> int | None:
        """The program itself, which has the workers below it."""
        return next(iter(children_of(self._runner.pid)), None) if self._runner else None

    @property
    def workers(self) -> list[int]:
        """Process ids of the workers."""
        return children_of(self.pid) if self.pid else []


class Web(Process):
    """Pages and API on a free port of this machine; `start` returns when they answer."""

    beside_pages = 0
    """How far its port is from the one that pages are served at."""

    def __init__(
        self, name: str, folder: Path, environment: Mapping[str, str], *, application: str = APPLICATION
    ) -> None:
        self.port = free_port()
        port = str(self.port - self.beside_pages)
        super().__init__(name, folder, {**environment, "PORT": port}, application=application)

    def start(self) -> None:
        super().start()
        if not wait_until(lambda: is_healthy(self.port) or not self.runs, UP_IN_TIME) or not self.runs:
            self.stop()
            raise StartError(f"{self.name} did not start: what it said is in {self.log}")


class Stream(Web):
    """The price stream, likewise."""

    beside_pages = 1


def children_of(pid: int) -> list[int]:
    """Process ids whose parent is `pid`, read from /proc, so only on Linux."""
    return sorted(int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat") if _parent_in(stat) == pid)


def tree_of(pid: int) -> list[int]:
    """`pid` and all below it."""
    return [pid, *(below for child in children_of(pid) for below in tree_of(child))]


def _parent_in(stat: Path) -> int | None:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has just ended
        return None
