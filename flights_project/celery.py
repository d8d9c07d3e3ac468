"""Celery: slow work and clocks. Every task takes ids, is idempotent, and reads the truth from the database."""

import os

import structlog
from celery import Celery
from celery.signals import setup_logging, worker_process_init
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu.transport import TRANSPORT_ALIASES

from flights_project.gateway import traces
from flights_project.lib import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flights_project.settings")

TRANSPORT_ALIASES["redis"] = "flights_project.lib.broker:Transport"

app = Celery("flights", task_cls="flights_project.gateway.history:TaskWithHistory")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()
app.autodiscover_tasks(["flights_project.gateway"])


@setup_logging.connect
def _log_as_the_web_does(**_: object) -> None:
    logs.configure({"format": settings.LOG_FORMAT, "level": settings.LOG_LEVEL})
    structlog.get_logger(__name__).debug("logging configured")


@worker_process_init.connect
def _trace_as_the_web_does(**_: object) -> None:
    traces.start()
