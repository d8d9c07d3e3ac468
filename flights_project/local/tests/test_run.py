import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flights_project.local import run
from flights_project.local.environment import PROJECT
from flights_project.local.errors import StartError
from flights_project.local.lifetime import ENDINGS
from flights_project.local.locks import exclusively
from flights_project.local.make import Make
from flights_project.local.server import wait_until

PATIENCE = 60.0
PROCESSES = """
import sys
from pathlib import Path
from flights_project.local import processes
processes.PROJECT = Path(sys.argv.pop())
processes.GRACE = 0.5
sys.exit(processes.main())
"""


@pytest.fixture
def own_signals() -> Iterator[None]:
    before = {ending: signal.getsignal(ending) for ending in ENDINGS}
    yield
    for ending, handler in before.items():
        signal.signal(ending, handler)


def test_a_taken_port_is_named_with_a_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StartError, match=f"Port {port} is taken .* `make run PORT="):
            run.check_is_free(port)
    run.check_is_free(port)


@pytest.mark.parametrize("text", ["0", "65535", "65536", "http", "-1", "8000.0"])
def test_a_port_is_a_number_in_range(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(StartError, match="PORT is a number from 1 to 65534"):
        run.chosen_port()


@pytest.mark.usefixtures("bare_environment")
def test_the_port_is_8000_where_none_is_chosen_and_its_processes_know() -> None:
    assert run.chosen_port() == 8000
    assert os.environ["PORT"] == "8000"


def test_only_one_run_at_a_time_in_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PROJECT", tmp_path)
    with run.only_run(), pytest.raises(StartError, match="already runs in this checkout"), run.only_run():
        pass
    with run.only_run():
        pass


def test_a_run_waits_for_what_a_killed_one_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PROJECT", tmp_path)
    monkeypatch.setattr(run, "DOWN_IN_TIME", 0.05)
    (tmp_path / ".local").mkdir()
    with (
        exclusively(tmp_path / ".local" / "processes.lock"),
        pytest.raises(StartError, match="still there"),
        run.only_run(),
    ):
        pass


def test_what_cannot_start_is_one_line_and_exit_code_1(own_signals: None, capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        raise StartError("no luck")

    assert run.report(work) == 1
    assert capfd.readouterr().err == "flights: no luck\n"


@pytest.mark.parametrize("ending", ENDINGS)
def test_being_asked_to_stop_is_exit_code_0(ending: signal.Signals, own_signals: None) -> None:
    assert run.report(lambda: os.kill(os.getpid(), ending)) == 0


def test_being_asked_twice_does_not_break_off_the_end(own_signals: None) -> None:
    ended = []

    def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            ended.append(True)

    assert run.report(work) == 0
    assert ended


def test_a_step_that_fails_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(StartError, match="The last step failed"):
        run.take_steps()


def test_nothing_is_read_into_a_parent_that_is_not_make() -> None:
    Make().heed()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_make_that_was_ended_alone_ends_us(ending: signal.Signals, tmp_path: Path) -> None:
    from_a_shell = ["env", "--default-signal"]  # whatever we were told to ignore ourselves
    command = [*from_a_shell, "make", "--no-print-directory", "--directory", str(tmp_path)]
    (tmp_path / "Makefile").write_text("heed:\n\t@" + sys.executable + " heed.py\n")
    (tmp_path / "heed.py").write_text(
        "import time\n"
        "from flights_project.local.make import Make\n"
        "make = Make()\n"
        "print('heeding', flush=True)\n"
        "while True:\n"
        "    make.heed()\n"
        "    time.sleep(0.02)\n"
    )
    with subprocess.Popen(
        command,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as make:
        assert make.stdout
        assert make.stdout.readline() == b"heeding\n"
        make.send_signal(ending)
        assert make.wait(PATIENCE) == -ending
        assert make.stdout.read() == b""  # until all that it started has ended


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts the processes of a Procfile. Each of those says its process id first."""
    started: list[subprocess.Popen[str]] = []

    def start_processes(procfile: str) -> subprocess.Popen[str]:
        (tmp_path / "Procfile").write_text(procfile)
        processes = subprocess.Popen(
            [sys.executable, "-c", PROCESSES, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(processes)
        return processes

    yield start_processes
    for processes in started:
        processes.kill()
        processes.communicate()


def said_by(processes: subprocess.Popen[str], lines: int) -> list[str]:
    """The first `lines` of what the processes say, without time and name."""
    assert processes.stdout
    return [processes.stdout.readline().partition("| ")[2].strip() for _ in range(lines)]


def lives(pid: str) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


SLEEPERS = "first: echo $$; exec sleep 600\nsecond: echo $$; exec sleep 600\n"


def test_the_processes_end_with_the_program_that_started_them(
    start: Callable[[str], subprocess.Popen[str]],
) -> None:
    processes = start(SLEEPERS)
    pids = said_by(processes, 2)
    assert all(lives(pid) for pid in pids)
    processes.communicate(timeout=PATIENCE)
    assert processes.returncode == 0
    assert not any(lives(pid) for pid in pids)


def test_the_others_end_with_a_process_that_ends_by_itself(
    start: Callable[[str], subprocess.Popen[str]], tmp_path: Path
) -> None:
    processes = start("first: echo $$; exec sleep 600\nsecond: until [ -e told ]; do sleep 0.05; done; exit 3\n")
    (pid,) = said_by(processes, 1)
    (tmp_path / "told").touch()
    assert processes.wait(PATIENCE) == 1
    assert processes.stdout
    assert "second | ended by itself with exit code 3" in processes.stdout.read()
    assert not lives(pid)


def test_a_process_that_does_not_want_to_end_is_killed(
    start: Callable[[str], subprocess.Popen[str]],
) -> None:
    processes = start("stubborn: trap '' TERM; echo $$; sleep 600; sleep 600\n")
    (pid,) = said_by(processes, 1)
    processes.communicate(timeout=PATIENCE)
    assert not lives(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_the_processes_end_when_what_watches_them_is_killed(
    start: Callable[[str], subprocess.Popen[str]],
) -> None:
    processes = start(SLEEPERS)
    pids = said_by(processes, 2)
    processes.kill()
    assert wait_until(lambda: not any(lives(pid) for pid in pids), PATIENCE)
