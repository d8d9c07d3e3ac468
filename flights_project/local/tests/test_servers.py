import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
import redis

from flights_project.local import locks, place
from flights_project.local.errors import StartError
from flights_project.local.lifetime import Servers
from flights_project.local.place import Place, find_place
from flights_project.local.postgres import Postgres
from flights_project.local.server import wait_until
from flights_project.local.valkey import connect

A_USER = """
import os, signal, sys
from pathlib import Path
from flights_project.local.lifetime import Servers
from flights_project.local.place import find_place
home = Path(sys.argv[1])
Servers(home, find_place(Path(sys.argv[2])), durable=home.name == "demo").use()
print("using", flush=True)
if sys.argv[3] == "dies":
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.read()
"""


def another_user(home: Path, checkout: Path, fate: str = "stays") -> subprocess.Popen[bytes]:
    """A program that uses the servers until its standard input ends; one that `dies` is killed at once."""
    command = [sys.executable, "-c", A_USER, str(home), str(checkout), fate]
    user = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert user.stdout
    assert user.stdout.readline() == b"using\n"
    return user


def postgres_pid(servers: Servers) -> int:
    return int(servers.postgres.pid_file.read_text().split()[0])


def ask(servers: Servers, statement: str) -> str:
    connection = psycopg2.connect(host=str(servers.postgres.socket_folder), port=5432, user="flights", dbname="flights")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return str(cursor.fetchone()[0]) if cursor.description else ""
    finally:
        connection.close()


def test_the_last_one_out_stops_the_servers(servers: Servers, home: Path, checkout: Path) -> None:
    with another_user(home, checkout) as other:
        servers.use()
        other.communicate()
        assert servers.postgres.answers()
        assert servers.valkey.answers()
        servers.leave()
    assert not servers.postgres.running()
    assert not servers.valkey.running()


def test_what_was_written_is_there_the_next_time(servers: Servers) -> None:
    servers.use()
    ask(servers, "CREATE TABLE kept (id int)")
    with connect(servers.valkey.url) as client:
        client.set("kept", "yes")
    servers.leave()
    servers.use()
    assert ask(servers, "SELECT count(*) FROM kept") == "0"
    with connect(servers.valkey.url) as client:
        assert client.get("kept") == b"yes"


def test_servers_that_a_killed_user_left_are_used_again_and_then_stopped(
    servers: Servers, home: Path, checkout: Path
) -> None:
    with another_user(home, checkout, "dies"):
        pass
    assert wait_until(lambda: not servers.used(), 60.0)
    left = postgres_pid(servers)
    servers.use()
    assert postgres_pid(servers) == left
    servers.leave()
    assert not servers.postgres.running()


def test_a_killed_postgresql_starts_again_whatever_its_pid_files_say(servers: Servers) -> None:
    servers.use()
    os.kill(postgres_pid(servers), signal.SIGKILL)
    servers.leave()
    for left in (servers.postgres.pid_file, servers.postgres.socket_folder / ".s.PGSQL.5432.lock"):
        left.write_text(f"{os.getpid()}\n")  # the number now belongs to somebody else
    servers.use()
    assert ask(servers, "SELECT 1") == "1"


def test_the_database_is_safe_from_a_crash_and_compares_text_by_unicode(servers: Servers) -> None:
    servers.use()
    assert ask(servers, "SHOW fsync") == "on"
    assert ask(servers, "SELECT upper('é')") == "É"
    assert ask(servers, "SHOW timezone") == "UTC"


def test_only_the_servers_account_enters_the_sockets_folder(servers: Servers) -> None:
    servers.use()
    facts = servers.postgres.socket_folder.stat()
    assert (facts.st_mode & 0o777, facts.st_uid) == (0o700, servers.postgres.account.uid)


def test_valkey_wants_its_password(servers: Servers) -> None:
    servers.use()
    address = servers.valkey.url.rpartition("@")[2]
    with connect(f"redis://{address}") as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_a_killed_valkey_starts_again_where_it_was(servers: Servers) -> None:
    servers.use(postgres=False)
    there, pid = servers.valkey.url, servers.valkey.pid
    assert pid
    os.kill(pid, signal.SIGKILL)

    servers.valkey.start_again()

    assert servers.valkey.url == there
    assert servers.valkey.answers()


def test_a_server_that_cannot_start_says_why_in_one_line(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    right = servers.postgres.command()
    monkeypatch.setattr(servers.postgres, "command", lambda: [*right, "-c", "max_connections=lots"])
    with pytest.raises(StartError, match=r"PostgreSQL did not start: FATAL: .*max_connections"):
        servers.use()
    assert not servers.used()


def test_data_of_another_version_is_refused(servers: Servers) -> None:
    servers.use()
    servers.leave()
    version = servers.postgres.folder / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(StartError, match="is of PostgreSQL 17, not 18: `make clean` removes it"):
        servers.use()
    version.write_text("18\n")


def test_a_socket_has_a_short_folder_where_the_checkouts_path_is_long(checkout: Path) -> None:
    base = find_place(checkout)
    home = base.folder / ("long" * 25)
    servers = Servers(home, base, durable=False)
    servers.use(valkey=False)
    short = servers.postgres.socket_folder
    assert short != servers.postgres.folder
    assert ask(servers, "SHOW fsync") == "off"
    servers.leave()
    assert not short.exists()
    assert not home.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as somebody else")
def test_a_closed_parent_stays_closed(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "root's home"
    closed.mkdir(mode=0o700)
    project = closed / "flights"
    project.mkdir()
    before = [folder.stat().st_mode for folder in project.parents]
    monkeypatch.setattr(place, "ELSEWHERE", checkout / "elsewhere")
    found = find_place(project)
    servers = Servers(found.folder / "tests-1", found, durable=False)
    servers.use()
    assert ask(servers, "SELECT 1") == "1"
    servers.leave()
    assert [folder.stat().st_mode for folder in project.parents] == before
    assert (project / ".local" / "servers").resolve() == found.folder
    assert found.folder.is_relative_to(checkout / "elsewhere")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_checkout_of_another_account_says_whose_it_is(tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    os.chown(tmp_path / ".local", 4711, 4711)
    with pytest.raises(StartError, match="belongs to the account 4711 and this is root"):
        find_place(tmp_path)


def test_a_full_disk_is_named_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flights_project.local.postgres.MEGABYTES_NEEDED", 10**12)
    base = Place(tmp_path, place.server_account())
    with pytest.raises(StartError, match="is full: PostgreSQL needs"):
        Postgres(tmp_path, base, durable=True).set_up()


def test_a_lock_goes_with_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with locks.exclusively(lock):
        assert locks.is_held(lock)
    assert not locks.is_held(lock)
