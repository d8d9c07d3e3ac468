"""`make run`: the whole of Flights on this machine, until Ctrl-C."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flights_project.local import environment, locks
from flights_project.local.environment import PROJECT
from flights_project.local.errors import StartError
from flights_project.local.lifetime import ENDINGS, end_once, uninterrupted
from flights_project.local.make import Make
from flights_project.local.place import local_folder
from flights_project.local.server import wait_until

OPEN_PORTS = range(1024, 65536)
UP_IN_TIME = 120.0
DOWN_IN_TIME = 20.0

WELCOME = """
  Flights is at {site}/

    traveller@demo.test     searches, books and flies
    staff@demo.test         runs the airline at {site}/admin/
    integrator@demo.test    sells through the API
    agent@, airport@, planner@, revenue@, supervisor@demo.test
                            do their part of it there
    Password of all:        flights-demo

    E-mails it has sent     {site}/mailbox/
    API, to read and try    {site}/api/v1/docs/
    API key of integrator   {api_key}

  Ctrl-C stops everything. The next `make run` goes on from where this one ended.
"""


def main() -> int:
    return report(run)


def report(work: Callable[[], None]) -> int:
    """Do `work`. Returns the exit code: 0 also when asked to stop; 1 with one line where it cannot go on."""
    for ending in ENDINGS:
        signal.signal(ending, end_once)
    try:
        work()
    except StartError as error:
        say(f"flights: {error}", to=2)
        return 1
    except KeyboardInterrupt:
        say("\nStopping.")
    return 0


def run() -> None:
    port = chosen_port()
    with only_run() as lock:
        check_is_free(port)
        check_is_free(environment.stream_port(port))
        say("Starting PostgreSQL and Valkey")
        environment.prepare_demo()
        environment.check_reachable()
        take_steps()
        serve(port, lock)


@contextmanager
def only_run() -> Iterator[int]:
    """Nobody else runs Flights in this checkout, and a killed run has ended. Yields a lock for processes."""
    local = local_folder(PROJECT)
    alone, processes = (locks.open_lock(local / name) for name in ("run.lock", "processes.lock"))
    try:
        if not locks.try_lock(alone):
            raise StartError("`make run` already runs in this checkout: stop that one first.")
        if not wait_until(lambda: locks.try_lock(processes), DOWN_IN_TIME):
            raise StartError("Processes of a run that was killed are still there: end them first (`ps -ef`).")
        yield processes
    finally:
        os.close(processes)
        os.close(alone)


def chosen_port() -> int:
    """PORT, which those we start find in the environment too."""
    text = os.environ.get("PORT") or environment.DEFAULT_PORT
    if not (text.isdecimal() and 0 < int(text) < 2**16 - 1):
        raise StartError(f"PORT is a number from 1 to 65534, not {text!r}: the price stream is at the next one.")
    os.environ["PORT"] = text
    return int(text)


def check_is_free(port: int) -> None:
    """Raise `StartError` where another program answers at `port` or we may not."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except PermissionError:
            raise StartError(f"This account may not open port {port}: choose another, {another(port)}.") from None
        except OSError:
            raise StartError(f"Port {port} is taken by another program: choose another, {another(port)}.") from None


def another(port: int) -> str:
    return f"`make run PORT={port + 1 if port + 1 in OPEN_PORTS else 8001}`"


def take_steps() -> None:
    """Make database, static files and demo ready, and give that up in order when asked to stop."""
    make = Make()
    with subprocess.Popen([sys.executable, "-m", "flights_project.local.steps"], cwd=PROJECT) as steps:
        try:
            while steps.poll() is None:
                make.heed()
                time.sleep(0.05)
        except BaseException:
            with uninterrupted():
                steps.terminate()
                steps.wait()
            raise
    if steps.returncode != 0:
        raise StartError("The last step failed: what it said is above.")


def serve(port: int, lock: int) -> None:
    """Keep every process of the Procfile running until asked to stop. Raises `StartError` when one ends."""
    make = Make()
    say("Starting the processes of the Procfile")
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(empty_folder("metrics")))
    processes = subprocess.Popen(
        [sys.executable, "-m", "flights_project.local.processes", str(lock)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,  # it ends when this pipe does, also when we are killed
        pass_fds=[lock],
        start_new_session=True,
    )
    try:
        welcomed, deadline = False, time.monotonic() + UP_IN_TIME
        while processes.poll() is None:
            make.heed()
            if not welcomed and is_healthy(port):
                welcomed = True
                welcome(port)
            if not welcomed and time.monotonic() > deadline:
                raise StartError(f"Nothing answered at port {port} for {UP_IN_TIME:.0f} seconds.")
            time.sleep(0.2)
        raise StartError("A process ended by itself: what it said is above.")
    finally:
        end(processes)


def empty_folder(name: str) -> Path:
    """In `.local`, without what a run before has left there."""
    folder = local_folder(PROJECT) / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def end(processes: subprocess.Popen[bytes]) -> None:
    with uninterrupted():
        if processes.stdin:
            processes.stdin.close()
        try:
            processes.wait(DOWN_IN_TIME)
        except subprocess.TimeoutExpired:
            processes.kill()
            processes.wait()


def is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def welcome(port: int) -> None:
    kept = local_folder(PROJECT) / "integrator_api_key"
    api_key = kept.read_text().strip() if kept.exists() else "`.venv/bin/python manage.py create_api_key EMAIL`"
    say(WELCOME.format(site=f"http://localhost:{port}", api_key=api_key))


def say(text: str, to: int = 1) -> None:
    with suppress(OSError):  # nobody listens any more
        print(text, file={1: sys.stdout, 2: sys.stderr}[to], flush=True)


if __name__ == "__main__":
    sys.exit(main())
