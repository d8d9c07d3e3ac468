"""Traces through request, SQL and Celery, collected by a real receiver of OpenTelemetry's protocol."""

import gzip
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from flights_project.local.process import Web
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


def test_a_request_is_traced_with_its_statements_and_its_id(
    collector: Collector, of_this_database: dict[str, str], tmp_path: Path
) -> None:
    tracing = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
    }
    with Web("web", tmp_path, {**of_this_database, **tracing}) as web:
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
