import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flights_project.local import run
from flights_project.local.environment import PROJECT
from flights_project.local.errors import StartError
from flights_project.local.lifetime import ENDINGS
from flights_project.local.locks import exclusively
from flights_project.local.make import Make
from flights_project.local.server import wait_until

PROCESSES = """
import sys
from pathlib import Path
from flights_project.local import processes
processes.PROJECT = Path(sys.argv[1])
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


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "8000.0"])
def test_a_port_is_a_number_in_range(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(StartError, match="PORT is a number from 1 to 65535"):
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
    command = ["make", "--no-print-directory", "--directory", str(tmp_path)]
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
        assert make.wait(10) == -ending
        assert make.stdout.read() == b""  # until all that it started has ended


def test_the_processes_end_with_the_program_that_started_them(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("first: touch $PORT; exec sleep 600\nsecond: touch second; exec sleep 600\n")
    with subprocess.Popen(
        [sys.executable, "-c", PROCESSES, str(tmp_path)],
        env=os.environ | {"PORT": "8123"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as processes:
        assert wait_until(lambda: (tmp_path / "8123").exists() and (tmp_path / "second").exists(), 10)
        said, _ = processes.communicate(timeout=10)
    assert said.count(b" stopped (rc=-15)") == 2
