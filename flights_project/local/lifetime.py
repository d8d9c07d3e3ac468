"""The servers live as long as somebody uses them: the last one out stops them.

Who uses them holds a shared lock on `users.lock`. Leaving means to try for the lock alone: who gets it was
the last. The kernel gives back the lock of a killed user, so a list of process ids is not needed.
"""

import atexit
import fcntl
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from flights_project.local import locks
from flights_project.local.place import Place
from flights_project.local.postgres import Postgres
from flights_project.local.valkey import Valkey


class Servers:
    """The PostgreSQL and the Valkey in `home`. Those that are not `kept` vanish with their last user."""

    def __init__(self, home: Path, place: Place, *, durable: bool, kept: bool | None = None) -> None:
        self.home = home
        self.kept = durable if kept is None else kept
        self.postgres = Postgres(home, place, durable=durable)
        self.valkey = Valkey(home, place, durable=durable)
        self._users: int | None = None
        self._user = 0

    def use(self, *, postgres: bool = True, valkey: bool = True) -> None:
        """What is asked for answers when this returns, and goes on doing so until we leave or die."""
        self.home.mkdir(mode=0o711, exist_ok=True)
        self.home.chmod(0o711)
        with locks.exclusively(self.home / "starting.lock"):
            self._enter()
            try:
                if postgres:
                    self.postgres.ensure()
                if valkey:
                    self.valkey.ensure()
            except BaseException:
                self.leave()
                raise

    def leave(self) -> None:
        """Stop the servers if nobody else uses them."""
        if self._users is None or self._user != os.getpid():
            return
        users, self._users = self._users, None
        atexit.unregister(self.leave)
        if locks.try_lock(users):
            self.stop()
        os.close(users)

    def stop(self) -> None:
        """Stop the servers, whoever uses them."""
        with uninterrupted():
            self.valkey.stop()
            self.postgres.stop()
            if not self.kept:
                self.postgres.remove()
                shutil.rmtree(self.home, ignore_errors=True)

    def used(self) -> bool:
        """Whether anybody alive uses them."""
        users = locks.open_lock(self.home / "users.lock")
        try:
            return not locks.try_lock(users)
        finally:
            os.close(users)

    def _enter(self) -> None:
        self._users = locks.open_lock(self.home / "users.lock")
        self._user = os.getpid()
        fcntl.flock(self._users, fcntl.LOCK_SH)  # waits for a last one who is just stopping them
        atexit.register(self.leave)


ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_in_order() -> None:
    """SIGTERM and a closed terminal end this process as Ctrl-C does: it leaves the servers on its way out."""
    if _is_main_thread():
        for ending in ENDINGS:
            if signal.getsignal(ending) == signal.SIG_DFL:
                signal.signal(ending, end_once)


def end_once(_signal: int, _frame: FrameType | None) -> NoReturn:
    """A signal handler. What comes later is ignored: `make` passes on the SIGTERM its whole group has got."""
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def uninterrupted() -> Iterator[None]:
    """What is done inside is not given up half-way by an impatient second Ctrl-C."""
    if not _is_main_thread():
        yield
        return
    before = {ending: signal.signal(ending, signal.SIG_IGN) for ending in ENDINGS}
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
