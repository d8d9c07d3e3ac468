"""OpenTelemetry traces of requests, statements and tasks, where `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector.

Without it nothing of OpenTelemetry is even loaded. The other settings are OpenTelemetry's own: `OTEL_SERVICE_NAME`,
`OTEL_TRACES_SAMPLER` and so on. Statements are traced as they are prepared, without their values.
"""

import os
from typing import TYPE_CHECKING

from django.http import HttpRequest

from flights_project.gateway.addresses import sayable_path

if TYPE_CHECKING:
    from opentelemetry.trace import Span

IS_ON = bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
WITH_PATH = ("http.target", "http.url", "url.path", "url.full")
WITH_QUERY = ("url.query", "net.peer.ip", "client.address", "net.sock.peer.addr")
"""What somebody looked for, and from where: not for a trace."""


def start() -> None:
    """Trace this process from now on; to be called before Django's middleware is loaded, and after a worker's fork."""
    if not IS_ON:
        return
    from opentelemetry import trace  # noqa: PLC0415 -- loaded only where it is used
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.instrumentation.celery import CeleryInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.django import DjangoInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.psycopg2 import Psycopg2Instrumentor  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": "flights"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument(request_hook=_without_personal)
    Psycopg2Instrumentor().instrument(skip_dep_check=True)  # it looks for psycopg2, which comes as psycopg2-binary
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]


def note(*, request_id: str) -> None:
    """Put the request's id, which is in its log lines and its answer, into its trace."""
    if not IS_ON:
        return
    from opentelemetry import trace  # noqa: PLC0415

    trace.get_current_span().set_attribute("request_id", request_id)


def _without_personal(span: "Span", request: HttpRequest) -> None:
    attributes = getattr(span, "attributes", None) or {}
    for name in WITH_PATH:
        if name in attributes:
            span.set_attribute(name, sayable_path(request.path))
    for name in WITH_QUERY:
        if name in attributes:
            span.set_attribute(name, "")
