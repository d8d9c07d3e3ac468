"""The whole of Flights in a folder of its own: durable servers as a deployment has them, and what the Procfile names.

It is made for one measurement and leaves nothing behind, unless it is asked to keep its data.
"""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import django
from django.core.management import call_command

from flights_project.local.environment import DEMO_SETTINGS, PROJECT, TEST_SETTINGS, throw_away_servers
from flights_project.local.lifetime import Servers, end_in_order
from flights_project.local.place import find_place
from flights_project.local.process import APPLICATION, Process, Stream, Web, tree_of

SETTINGS = {"RATE_LIMITS": "off", "LOG_LEVEL": "WARNING", "DJANGO_SETTINGS_MODULE": "flights_project.settings"}

SERVED = {"web": Web, "stream": Stream}


class Stack:
    """Inside `with`, PostgreSQL and Valkey run and this process is set up for them; `start` adds a process.

    `environment` is for the processes only. What is `kept` under a name is there for the next one of that name.
    """

    def __init__(self, environment: Mapping[str, str], *, kept: str = "") -> None:
        end_in_order()
        self._environment = environment
        self._kept = kept
        self._running = ExitStack()
        self.processes: dict[str, Process] = {}

    def __enter__(self) -> Self:
        self.servers = servers = self._servers()
        self._running.callback(servers.leave)
        urls = {"DATABASE_URL": servers.postgres.url, "REDIS_URL": servers.valkey.url}
        os.environ.update(DEMO_SETTINGS | TEST_SETTINGS | SETTINGS | urls)
        django.setup()
        call_command("migrate", "--noinput", "--verbosity=0")
        return self

    def _servers(self) -> Servers:
        """Which answer."""
        if self._kept:
            place = find_place(PROJECT)
            servers = Servers(place.folder / self._kept, place, durable=True)
            servers.use()
            return servers
        with throw_away_servers(durable=True) as servers:
            servers.use()
        return servers

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    @property
    def port(self) -> int:
        return self.port_of("web")

    def port_of(self, name: str) -> int:
        process = self.processes[name]
        assert isinstance(process, Web)  # noqa: S101
        return process.port

    def start(self, name: str, environment: Mapping[str, str] | None = None, application: str = APPLICATION) -> None:
        """Run what the Procfile calls `name`, instead of the one that ran before."""
        if name in self.processes:
            self.processes[name].stop()
        kind = SERVED.get(name, Process)
        process = kind(name, self.servers.home, {**self._environment, **(environment or {})}, application=application)
        self.processes[name] = self._running.enter_context(process)

    def cpu_seconds(self) -> dict[str, float]:
        """Processor time used until now, by part; of processes that live."""
        pids = {name: process.pid for name, process in self.processes.items()}
        pids |= {"PostgreSQL": self.servers.postgres.pid, "Valkey": self.servers.valkey.pid, "clients": os.getpid()}
        own = {os.getpid()}
        return {
            name: sum(map(_cpu_seconds, own if name == "clients" else tree_of(pid)))
            for name, pid in pids.items()
            if pid is not None
        }

    def revive(self) -> None:
        """Do what a supervisor does: start again what has ended."""
        if not self.servers.postgres.answers():
            self.servers.postgres.ensure()
        if not self.servers.valkey.answers():
            self.servers.valkey.start_again()
        for process in self.processes.values():
            if not process.runs:
                process.stop()
                process.start()


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
