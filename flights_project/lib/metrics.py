"""Numbers for Prometheus, added up over all processes that share a folder.

Where `PROMETHEUS_MULTIPROC_DIR` names one, each process keeps its counters and histograms in files of its own there,
and whichever process is asked adds up the files of all: web, stream and workers, also those that have ended. Without
it, as in tests, a process knows only of itself.

A module that counts something makes a `Counter`, `Histogram` or `Gauge` of `prometheus_client`, imported from here so
that processes are told apart before the first number is kept. What the database knows better than any process is not
counted but read when Prometheus asks: `read_at_scrape`.
"""

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import structlog
from django.db import Error, transaction
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client import generate_latest as write
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

__all__ = ["CONTENT_TYPE_LATEST", "Counter", "Gauge", "Histogram", "count_after_commit", "exposition", "read_at_scrape"]

log = structlog.get_logger(__name__)

FOLDER = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
HOST = socket.gethostname()


def _process() -> str:
    """Process numbers repeat from container to container; host names do not."""
    return f"{HOST}-{os.getpid()}"


if FOLDER:
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    values.ValueClass = values.MultiProcessValue(process_identifier=_process)  # type: ignore[no-untyped-call]


Reading = Callable[[], float]
_read_at_scrape: dict[str, tuple[str, Reading]] = {}


def read_at_scrape(name: str, meaning: str) -> Callable[[Reading], Reading]:
    """The decorated function is asked for gauge `name` at every scrape: it should cost the database next to nothing."""

    def keep(read: Reading) -> Reading:
        _read_at_scrape[name] = (meaning, read)
        return read

    return keep


def count_after_commit(counter: Counter) -> None:
    """One more, if the running transaction commits."""
    transaction.on_commit(partial(counter.inc), robust=True)


def exposition() -> bytes:
    """All numbers in Prometheus' text format (`CONTENT_TYPE_LATEST`)."""
    everything = CollectorRegistry()
    everything.register(_Readings())
    if FOLDER:
        _forget_gauges_of_the_dead(Path(FOLDER))
        MultiProcessCollector(everything, path=FOLDER)  # type: ignore[no-untyped-call]
        return write(everything)
    return write(everything) + write(REGISTRY)


def names() -> set[str]:
    """Every series that `exposition` can have, as a dashboard would ask for it."""
    described: Iterable[Metric] = [*REGISTRY.collect(), *_Readings().describe()]
    suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
    return {metric.name + suffix for metric in described for suffix in suffixes.get(metric.type, [""])}


class _Readings(Collector):
    def describe(self) -> Iterator[Metric]:
        for name, (meaning, _read) in _read_at_scrape.items():
            yield GaugeMetricFamily(name, meaning)

    def collect(self) -> Iterator[Metric]:
        """What cannot be read now is missing, and the rest is there."""
        for name, (meaning, read) in _read_at_scrape.items():
            try:
                yield GaugeMetricFamily(name, meaning, value=read())
            except Error as error:  # InterfaceError, too: a connection that is closed
                log.warning("metric_not_read", metric=name, error=type(error).__name__)


def _forget_gauges_of_the_dead(folder: Path) -> None:
    """Counters outlive their process, and gauges of what it has open (`multiprocess_mode="livesum"`) do not.

    Of a killed process they would stay: nobody else takes them away.
    """
    for path in folder.glob(f"gauge_live*_{HOST}-*.db"):
        if not Path(f"/proc/{path.stem.rpartition('-')[2]}").exists():
            path.unlink(missing_ok=True)
