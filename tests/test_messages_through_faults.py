"""The Celery worker as it is run, a real mail server, and what goes wrong between them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from kombu import Connection

from flights_project.local.environment import PROJECT
from flights_project.local.lifetime import Servers
from flights_project.local.process import Process, tree_of
from flights_project.local.server import wait_until
from notifications.models import Message
from notifications.tests.smtp_server import MailServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("messages through faults")]

IN_TIME = 300.0
"""Seconds after which a test gives up; a round comes every twenty."""
WRITE = """
import sys, django
django.setup()
from django.utils import timezone
from notifications.services.outbox import tell
for n in range(int(sys.argv[1]), int(sys.argv[2])):
    tell(kind="account", subject=f"message {n}", recipient=f"traveller{n}@example.com",
         context={"headline": f"Message {n}", "body": "Hello"}, now=timezone.now())
"""


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def environment(of_this_database: dict[str, str], broker: Servers, mails: MailServer) -> dict[str, str]:
    """A deployment that sends mail, not a demo that keeps it."""
    return of_this_database | {
        "DEMO": "off",
        "PAYMENT_GATEWAYS": "",
        "SITE_URL": "https://fly.example.com",
        "EMAIL_URL": f"smtp://127.0.0.1:{mails.port}",
        "REDIS_URL": broker.valkey.url,
        "LOG_LEVEL": "WARNING",
    }


@pytest.fixture
def write(environment: dict[str, str]) -> Callable[[int, int], None]:
    """Another process, such as a web server, writes messages."""

    def write(first: int, last: int) -> None:
        command = [sys.executable, "-c", WRITE, str(first), str(last)]
        subprocess.run(  # noqa: S603 -- our own program
            command, check=True, cwd=PROJECT, env={**os.environ, **environment}, capture_output=True
        )

    return write


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[[str], Process]]:
    running: list[Process] = []

    def start(name: str) -> Process:
        process = Process(name, tmp_path, environment)
        running.append(process)
        process.start()
        return process

    yield start
    for process in running:
        process.stop()


@contextmanager
def started_again(broker: Servers) -> Iterator[None]:
    """The same broker at the same place, as a supervisor starts it."""
    again = subprocess.Popen(  # noqa: S603 -- our own program
        broker.valkey.command(), cwd=broker.valkey.folder, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    try:
        yield
    finally:
        again.terminate()
        again.wait()


def all_sent() -> bool:
    return not Message.objects.exclude(status="sent").exists()


def test_a_worker_killed_between_sending_and_recording_sends_the_same_mail_again(mails, write, start):
    write(0, 1)
    worker = start("worker")

    def kill_it(recipient: str) -> None:
        """The mail is accepted; who sent it never hears of it."""
        mails.misbehave = lambda recipient: None
        for pid in tree_of(worker.pid):
            os.kill(pid, signal.SIGKILL)

    mails.misbehave = kill_it
    start("beat")
    assert wait_until(mails.arrived.is_set, IN_TIME)
    message = Message.objects.get()
    assert (message.status, message.tries, len(mails.mails)) == ("waiting", 1, 1)

    Message.objects.update(due_at=timezone.now() - timedelta(seconds=1))  # the lease runs out
    worker.stop()
    start("worker")

    assert wait_until(all_sent, IN_TIME)
    assert [mail["Message-ID"] for mail in mails.mails] == [f"<{message.pk}@fly.example.com>"] * 2


def test_what_was_written_while_the_broker_was_gone_goes_out_once_and_no_pile_is_left(mails, write, start, broker):
    start("worker")
    start("beat")
    write(0, 2)
    assert wait_until(all_sent, IN_TIME)
    assert len(mails.mails) == 2

    broker.valkey.stop()
    write(2, 40)
    assert Message.objects.filter(status="waiting").count() == 38

    with started_again(broker):
        assert wait_until(all_sent, IN_TIME)
        with Connection(broker.valkey.url) as queues:
            client = queues.default_channel.client
            assert sum(client.llen(name) for name in ("urgent", "ordinary", "patient")) < 10
    assert sorted(mails.recipients) == sorted(f"traveller{n}@example.com" for n in range(40))


def test_a_worker_that_has_a_task_in_hand_outlives_its_broker(mails, write, start, broker):
    worker = start("worker")

    def broker_goes(recipient: str) -> str:
        """While the task is not acknowledged yet, and ends without a second try."""
        mails.misbehave = lambda recipient: None
        broker.valkey.stop()
        return "451 4.3.0 come again"

    mails.misbehave = broker_goes
    start("beat")
    write(0, 1)
    assert wait_until(lambda: Message.objects.exclude(last_error="").exists(), IN_TIME)

    with started_again(broker):
        Message.objects.update(due_at=timezone.now())  # of use to the next task alone
        assert wait_until(all_sent, IN_TIME)
    assert worker.runs
    assert mails.recipients == ["traveller0@example.com"]


def test_a_database_that_hung_up_on_the_worker_is_asked_again(mails, write, start):
    start("worker")
    start("beat")
    write(0, 1)
    assert wait_until(all_sent, IN_TIME)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    write(1, 4)

    assert wait_until(all_sent, IN_TIME)
    assert len(mails.mails) == 4
