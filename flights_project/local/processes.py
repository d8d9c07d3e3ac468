"""The processes of the Procfile, for as long as standard input stays open.

`run.py` holds the other end of it, so also where that is killed, everything ends here in order. honcho reads the
Procfile and prints; its manager is not used, because it loses processes when it is asked to stop while starting.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from flights_project.local.environment import PROJECT, prepare_demo
from flights_project.local.lifetime import ENDINGS, end_once, uninterrupted
from flights_project.local.server import wait_until

GRACE = 10.0
"""Seconds a process may take to end."""
ROOT_WORKER = "ignore:You're running the worker with superuser privileges"
LIBC = ctypes.CDLL(None)
SET_PARENT_DEATH_SIGNAL = 1


class Process:
    """One line of the Procfile, running."""

    def __init__(self, name: str, command: str, colour: str) -> None:
        self.name = name
        self.colour = colour
        self._popen = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=PROJECT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=inherited(),
            start_new_session=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509  # no thread runs yet
        )

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._popen.poll()

    def lines(self) -> Iterator[bytes]:
        """What it says, until it and all that it started have ended."""
        yield from self._popen.stdout or ()

    def ask_to_end(self) -> None:
        """To the process alone: it knows best how to end the ones it started."""
        with suppress(ProcessLookupError):
            self._popen.terminate()

    def kill(self) -> None:
        """With all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()


class Log:
    """Standard output, a name before each line; also when nobody listens any more."""

    def __init__(self, names: list[str]) -> None:
        self._printer = Printer(sys.stdout, width=max(map(len, names)))
        self._alone = threading.Lock()
        self._copying: list[threading.Thread] = []

    def write(self, name: str, line: bytes | str, colour: str | None = None) -> None:
        now = datetime.now()  # noqa: DTZ005  # for the eyes of whoever sits at this machine
        with self._alone, suppress(OSError):
            self._printer.write(Message("line", line, now, name, colour))

    def follow(self, process: Process) -> None:
        """Write what `process` says, in a thread of its own."""

        def copy() -> None:
            for line in process.lines():
                self.write(process.name, line, process.colour)

        self._copying.append(threading.Thread(target=copy, daemon=True))
        self._copying[-1].start()

    def finish(self) -> None:
        """Write the last words of processes that have ended."""
        for thread in self._copying:
            thread.join(timeout=1)


def main(folder: Path | None = None) -> int:
    """Run what the Procfile names, the project's or the one in `folder`.

    0 when asked to stop, 1 when a process ended by itself.
    """
    for ending in ENDINGS:
        signal.signal(ending, end_once)
    lifeline = take_standard_input()
    prepare_demo()
    commands = procfile(folder or PROJECT)
    processes: list[Process] = []
    log = Log(list(commands))
    try:
        for (name, command), colour in zip(commands.items(), get_colours(), strict=False):
            processes.append(Process(name, command, colour))
        for process in processes:
            log.follow(process)
        return watch(processes, lifeline, log)
    except KeyboardInterrupt:
        return 0
    finally:
        end(processes)
        log.finish()


def watch(processes: list[Process], lifeline: int, log: Log) -> int:
    ended = first_to_end(processes, lifeline)
    if ended is None:
        return 0
    log.write(ended.name, f"ended by itself with exit code {ended.exit_code}", ended.colour)
    return 1


def first_to_end(processes: list[Process], lifeline: int) -> Process | None:
    """The process that ended by itself; None when the other end of `lifeline` closes first."""
    while not select.select([lifeline], [], [], 0.2)[0]:
        for process in processes:
            if process.exit_code is not None:
                return process
    return None


def end(processes: list[Process]) -> None:
    """Nothing of `processes` runs when this returns."""
    with uninterrupted():
        for process in processes:
            process.ask_to_end()
        wait_until(lambda: all(process.exit_code is not None for process in processes), GRACE)
        for process in processes:
            process.kill()


def procfile(folder: Path) -> dict[str, str]:
    """Command lines by name."""
    return dict(parse_procfile((folder / "Procfile").read_text()).processes)


def environment() -> dict[str, str]:
    """Ours, with the programs of this virtual environment first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    # Celery warns of root for the sake of pickled messages; ours are JSON.
    return {"PYTHONWARNINGS": ROOT_WORKER, **os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}


def inherited() -> list[int]:
    """The lock that says of a run's processes that some live; `run.py` names its descriptor."""
    return [int(descriptor) for descriptor in sys.argv[1:]]


def take_standard_input() -> int:
    """Standard input under another number, which nobody inherits."""
    lifeline = os.dup(sys.stdin.fileno())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())
    os.close(nothing)
    return lifeline


def end_with_parent() -> None:
    """Between fork and exec: Linux ends the process when this one is killed."""
    if sys.platform == "linux":
        LIBC.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
