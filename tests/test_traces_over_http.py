"""Traces through request, SQL and Celery, collected by a real receiver of OpenTelemetry's protocol."""

import gzip
import http.client
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from flights_client import Flights
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from airlines.tests.factories import claim_for, make_flight
from flights_project.local.lifetime import Servers
from flights_project.local.process import Process, Web
from flights_project.local.server import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("traces over http")]


class Collector(ThreadingHTTPServer):
    """Keeps every span that it is sent."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                sent = ExportTraceServiceRequest.FromString(body)
                for resource in sent.resource_spans:
                    collector.spans += [span for scope in resource.scope_spans for span in scope.spans]
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Silence."""

        super().__init__(("127.0.0.1", 0), Handler)
        self.daemon_threads = True


def attributes(span: Any) -> dict[str, str]:
    return {each.key: each.value.string_value for each in span.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def tracing(collector: Collector, of_this_database: dict[str, str]) -> dict[str, str]:
    """The environment of processes that send their traces here."""
    endpoint = f"http://127.0.0.1:{collector.server_port}"
    return {**of_this_database, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50"}


def test_a_request_is_traced_with_its_statements_and_its_id(
    collector: Collector, tracing: dict[str, str], tmp_path: Path
) -> None:
    with Web("web", tmp_path, tracing) as web:
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
        connection.request("GET", "/mailbox/?to=asha.rao%40example.com")
        answer = connection.getresponse()
        answer.read()
        request_id = answer.headers["X-Request-ID"]
        connection.close()

        def of_the_request() -> list[Any]:
            return [span for span in collector.spans if attributes(span).get("request_id") == request_id]

        assert wait_until(lambda: bool(of_the_request()), 30.0)
        [request] = of_the_request()
        below = [span for span in collector.spans if span.trace_id == request.trace_id and span is not request]

    assert any("notifications_keptmail" in attributes(span).get("db.statement", "") for span in below)
    assert all("asha" not in str(span).casefold() for span in collector.spans)


def statement_of(span: Any) -> str:
    return attributes(span).get("db.statement", "")


def has_request(line: list[Any]) -> bool:
    """Whether the line leads up to the request, by its id."""
    return any("request_id" in attributes(each) for each in line)


def above(span: Any, spans: list[Any]) -> list[Any]:
    """What `span` is a part of, from the nearest up."""
    known = {each.span_id: each for each in spans}
    line = []
    while span.parent_span_id in known:
        span = known[span.parent_span_id]
        line.append(span)
    return line


def test_the_trace_of_a_request_goes_on_in_the_task_that_it_called_for(
    collector: Collector, tracing: dict[str, str], broker: Servers, integrator_key: str, tmp_path: Path
) -> None:
    """A hold calls for the delivery of its mail: the statements of the task are below the request."""
    flight = make_flight(departs_at=timezone.now() + timedelta(days=30))
    asha: Any = {"type": "adult", "given_name": "Asha", "family_name": "Rao", "born_on": "1990-04-05"}
    environment = tracing | {"REDIS_URL": broker.valkey.url}

    with Web("web", tmp_path, environment) as web, Process("worker", tmp_path, environment):
        with Flights(f"http://127.0.0.1:{web.port}", key=integrator_key) as flights:
            offer = claim_for([flight], now=timezone.now()).token
            flights.hold(offer, passengers=[asha], contact={"email": "asha@example.com"})

        def of_the_task() -> list[Any]:
            """The reading of the message, in the worker."""
            spans = list(collector.spans)
            lines = [above(span, spans) for span in spans if "notifications_message" in statement_of(span)]
            return [line for line in lines if any(attributes(each).get("celery.action") == "run" for each in line)]

        assert wait_until(lambda: any(has_request(line) for line in of_the_task()), 90.0)

    assert all("asha" not in str(span).casefold() for span in collector.spans)
