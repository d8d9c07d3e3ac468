"""Structured logs: JSON in production, readable lines in a terminal; each carries the request's id."""

import logging.config
import sys
from typing import Any, TypedDict

import structlog


class LogSettings(TypedDict):
    format: str
    level: str


class _NotSaidAlready(logging.Filter):
    """Django names the path of every refused request once more, after the request and its id have gone."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None


def configure(log_settings: LogSettings) -> None:
    """Send Django's, Celery's and our own log records through structlog to standard error.

    `format` is `json` or `console`; `level` is a name of the standard library's levels.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    if log_settings["format"] == "json":
        shared.append(structlog.processors.format_exc_info)
        renderer: Any = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processor": renderer,
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "filters": {"said_already": {"()": _NotSaidAlready}},
            "loggers": {
                # django-structlog says the same of every task, with its request's id.
                "celery.app.trace": {"level": "WARNING"},
                # Every few seconds, that a round is due and that a worker has it.
                "celery.beat": {"level": "WARNING"},
                "celery.worker.strategy": {"level": "WARNING"},
                "django.request": {"filters": ["said_already"]},
            },
            "root": {"handlers": ["stderr"], "level": log_settings["level"]},
        }
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
