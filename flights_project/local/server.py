"""A server beside the project: started, found again after a crash, and stopped, by whoever comes."""

import os
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from signal import Signals
from typing import ClassVar

from flights_project.local import locks
from flights_project.local.errors import StartError
from flights_project.local.place import Place

PATIENCE = 60.0
"""Seconds a server may take to answer; recovery after a crash is part of that."""
LOG_KEPT = 10_000_000


class Server(ABC):
    """One server in `home`.

    Every process of the server inherits the locked file `lock`, so the kernel knows whether it lives: after a
    `kill -9` or a crash of the machine no pid file has to be believed.
    """

    name: ClassVar[str]
    folder_name: ClassVar[str]
    endings: ClassVar[tuple[tuple[Signals, float], ...]]
    """Signals that end it, from gentle to final, and the seconds each is given."""

    def __init__(self, home: Path, place: Place, *, durable: bool) -> None:
        self.home = home
        self.place = place
        self.account = place.account
        self.durable = durable
        self.folder = home / self.folder_name
        self.log = home / f"{self.folder_name}.log"
        self.lock = home / f"{self.folder_name}.lock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where a client finds it, while it runs."""

    @abstractmethod
    def set_up(self) -> None:
        """Make what it needs on disk, and clear away what a crash left."""

    @abstractmethod
    def command(self) -> list[str]:
        """The program and its arguments."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it serves clients."""

    @abstractmethod
    def finish(self) -> None:
        """Complete a server that answers."""

    @property
    @abstractmethod
    def pid_file(self) -> Path:
        """Where it writes its process id."""

    def ensure(self) -> None:
        """It answers when this returns. One that a killed run left behind is used again."""
        if not (self.running() and self._answers_in_time()):
            self.stop()
            self._start()
        self.finish()

    def start_again(self) -> None:
        """It was killed: it answers when this returns, where those who use it look for it."""
        self.stop()
        self._start(anew=False)

    def running(self) -> bool:
        """Whether any process of it lives, whoever started it."""
        return locks.is_held(self.lock)

    def stop(self) -> None:
        """Nothing of it runs when this returns."""
        for ending, patience in self.endings:
            if not self.running():
                break
            self._send(ending)
            wait_until(lambda: not self.running(), patience)
        if self._process is not None:
            self._process.wait()
            self._process = None

    def run_as_account(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a program of the server's to its end."""
        return subprocess.run(
            command,
            check=False,
            cwd=self.home,
            env=plain_environment(),
            text=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            umask=0o077,
            start_new_session=True,
            **self.account.switch,
        )

    def _start(self, *, anew: bool = True) -> None:
        try:
            if anew:
                self.set_up()
            logged = self._trim_log()
            with locks.exclusively(self.lock) as lock, self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    self.command(),
                    cwd=self.folder,
                    env=plain_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    umask=0o077,
                    pass_fds=[lock],
                    start_new_session=True,  # Ctrl-C is for the one in front, who then stops us in order
                    **self.account.switch,
                )
        except OSError as error:
            raise StartError(f"{self.name} did not start: {error}.") from None
        if not self._answers_in_time():
            self.stop()
            raise StartError(f"{self.name} did not start: {self._reason(logged)} (all of it: {self.log})")

    def _answers_in_time(self) -> bool:
        return wait_until(lambda: self.answers() or not self.running(), PATIENCE) and self.running()

    def _trim_log(self) -> int:
        """The length of the log before this start."""
        if self.log.exists() and self.log.stat().st_size > LOG_KEPT:
            self.log.unlink()
        self.log.touch(mode=0o600)
        return self.log.stat().st_size

    def _reason(self, logged: int) -> str:
        with self.log.open("rb") as log:
            log.seek(logged)
            return worst_line(log.read().decode(errors="replace"))

    @property
    def pid(self) -> int | None:
        """Its first process, where it has come so far as to write down the id."""
        try:
            return int(self.pid_file.read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def _send(self, ending: Signals) -> None:
        if self.pid is not None:
            with suppress(ProcessLookupError):  # it is already gone
                os.kill(self.pid, ending)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether `condition` came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def plain_environment() -> dict[str, str]:
    """What a server sees of our environment: no secrets, no PG… variables, no locale."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def worst_line(text: str) -> str:
    """The line of a log that says what went wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for mark in ("FATAL", "PANIC", "error:", "Fatal"):
        for line in lines:
            if mark in line:
                return line[line.index(mark) :]
    return lines[-1] if lines else "it said nothing"
