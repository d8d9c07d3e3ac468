"""Numbers add up over the web server's processes and the workers', whoever is asked, and outlive who counted."""

import http.client
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flights_project.local.process import Web

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("metrics over http")]

ASKED = 24
COUNT_IN_A_WORKER = """
import django
django.setup()
from flights_project.gateway.metrics import REQUESTS
from flights_project.lib.metrics import Gauge
REQUESTS.labels("GET", "in a worker", 200).inc(3)
Gauge("flights_open", "Of a process that ends.", multiprocess_mode="livesum").set(5)
"""
Numbers = Callable[[], dict[tuple[str, str], float]]


@pytest.fixture(scope="module")
def environment(of_this_database: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {**of_this_database, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path_factory.mktemp("metrics"))}


@pytest.fixture(scope="module")
def web(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with Web("web", Path(tmp_path_factory.mktemp("web")), environment) as running:
        yield running


def get(web: Web, path: str) -> tuple[int, str]:
    """By a connection of its own, so that each process has its turn."""
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def numbers(web: Web) -> Numbers:
    """What the server says, by name and route."""

    def numbers() -> dict[tuple[str, str], float]:
        status, text = get(web, "/metrics")
        assert status == HTTPStatus.OK
        return {
            (sample.name, sample.labels.get("route", "")): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    return numbers


def test_every_process_tells_the_numbers_of_all(web: Web, numbers: Numbers) -> None:
    before = numbers().get(("flights_requests_total", "readyz"), 0)
    for _ in range(ASKED):
        assert get(web, "/readyz")[0] == HTTPStatus.OK

    told = {numbers()["flights_requests_total", "readyz"] for _ in range(8)}

    assert told == {before + ASKED}
    assert numbers()["flights_request_seconds_count", "readyz"] == before + ASKED
    assert numbers()["flights_outbox_waiting", ""] == 0


def test_counters_of_a_worker_that_has_ended_stay_and_what_it_had_open_goes(
    numbers: Numbers, environment: dict[str, str]
) -> None:
    worker = [sys.executable, "-c", COUNT_IN_A_WORKER]
    subprocess.run(worker, env={**os.environ, **environment}, check=True)  # noqa: S603 -- our own words

    assert numbers()["flights_requests_total", "in a worker"] == 3
    assert ("flights_open", "") not in numbers()
