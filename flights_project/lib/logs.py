"""Structured logs: JSON in production, readable lines in a terminal; each carries the request's id."""

import logging.config
import re
import sys
from collections.abc import Callable
from typing import Any, TypedDict

import structlog


class LogSettings(TypedDict):
    format: str
    level: str


UNSAID = [
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "…@…"),
    (re.compile(r"(?i)\b(bearer|api-key|basic) [\w.~+/=-]{8,}"), r"\1 …"),
    (re.compile(r"\b(whsec|sk_live|sk_test|rk_live)_[\w+/=-]+"), r"\1_…"),
    (re.compile(r"://[^\s/@\"']+@"), "://…@"),
    # PostgreSQL quotes the row that it refuses: names, addresses, days of birth.
    (re.compile(r"(DETAIL:\s+).*?(?=\\n|\n|\"|$)"), r"\1…"),
]
"""What no log line says, wherever it comes from: addresses, credentials, passwords in URLs, rows in errors."""


def without_personal(line: str) -> str:
    """`line` without what tells who somebody is or opens a door. The last guard: nobody should log it at all."""
    for pattern, instead in UNSAID:
        line = pattern.sub(instead, line)
    return line


def _guarded(renderer: Callable[..., str | bytes]) -> Callable[..., str]:
    def render(*args: Any) -> str:
        return without_personal(str(renderer(*args)))

    return render


class _NotSaidAlready(logging.Filter):
    """Django names the path of every refused request once more, after the request and its id have gone; of one that
    somebody may not make, with where in our code that was found. An error of ours keeps its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None and record.levelno >= logging.ERROR


PROCESSORS: tuple[Any, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)
LOGGERS = {
    # django-structlog says the same of every task, with its request's id.
    "celery.app.trace": {"level": "WARNING"},
    # Every few seconds, that a round is due and that a worker has it.
    "celery.beat": {"level": "WARNING"},
    "celery.worker.strategy": {"level": "WARNING"},
    "django.request": {"filters": ["said_already"]},
}


def configure(log_settings: LogSettings) -> None:
    """Send Django's, Celery's and our own log records through structlog to standard error.

    `format` is `json` or `console`; `level` is a name of the standard library's levels.
    """
    shared = [*PROCESSORS]
    if log_settings["format"] == "json":
        shared.append(structlog.processors.format_exc_info)
        renderer: Any = _guarded(structlog.processors.JSONRenderer())
    else:
        renderer = console()
    formatter = {"()": structlog.stdlib.ProcessorFormatter, "processor": renderer, "foreign_pre_chain": shared}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"structured": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "filters": {"said_already": {"()": _NotSaidAlready}},
            "loggers": LOGGERS,
            "root": {"handlers": ["stderr"], "level": log_settings["level"]},
        }
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def console() -> structlog.dev.ConsoleRenderer:
    """For eyes. What was in variables when an error came is not shown: a query there would be asked again, with its
    locks, and a password be read by whoever reads the log."""
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
