"""The processes of the Procfile, by honcho, for as long as standard input stays open.

`run.py` holds the other end of it, so also where that is killed, everything ends here in order.
"""

import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from honcho.environ import expand_processes, parse_procfile
from honcho.manager import Manager
from honcho.printer import Printer

from flights_project.local.environment import PROJECT, prepare_demo

ROOT_WORKER = "ignore:You're running the worker with superuser privileges"


class Output:
    """Standard output, also when nobody listens any more: the processes have to be ended all the same."""

    isatty = sys.stdout.isatty

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stdout.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stdout.flush()


def main() -> int:
    lifeline = take_standard_input()
    prepare_demo()
    manager = Manager(Printer(Output()))
    for process in expand_processes(procfile(PROJECT), env=environment(), port=None):
        manager.add_process(process.name, process.cmd, env=process.env, cwd=PROJECT)
    threading.Thread(target=end_with, args=[lifeline], daemon=True).start()
    try:
        manager.loop()
    finally:
        manager.kill()
    return int(manager.returncode or 0)


def procfile(project: Path) -> dict[str, str]:
    """Command lines by name."""
    return dict(parse_procfile((project / "Procfile").read_text()).processes)


def environment() -> dict[str, str]:
    """Ours, with the programs of this virtual environment first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    # Celery warns of root for the sake of pickled messages; ours are JSON.
    return {"PYTHONWARNINGS": ROOT_WORKER, **os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}


def take_standard_input() -> int:
    """Standard input under another number, which is not inherited; those we start have none."""
    lifeline = os.dup(sys.stdin.fileno())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())
    os.close(nothing)
    return lifeline


def end_with(lifeline: int) -> None:
    """End this process when the other end of `lifeline` closes."""
    while os.read(lifeline, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
