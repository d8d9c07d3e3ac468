"""What stands behind us is away or too slow: told as 503 with a time to come back, never as a fault of the request."""

import psycopg2
import structlog
from django.db import DatabaseError, InterfaceError, OperationalError
from redis.exceptions import RedisError

from flights_project.lib.errors import DomainError

log = structlog.get_logger(__name__)

COME_BACK_AFTER = 5
"""Seconds."""
TOOK_TOO_LONG = frozenset({"57014", "55P03"})
"""PostgreSQL's codes of a statement that was cancelled for its time, and of a lock that was not free in time."""


class Unavailable(DomainError):
    code = "unavailable"
    title = "We cannot answer at the moment. Nothing was done; try again in a few seconds."


class TookTooLong(DomainError):
    code = "took_too_long"
    title = "This took longer than we allow. Nothing was done; try again in a few seconds."


def is_late(error: BaseException | None) -> bool:
    """Whether PostgreSQL has cancelled a statement for its time."""
    return isinstance(error, OperationalError) and getattr(error.__cause__, "pgcode", None) in TOOK_TOO_LONG


def is_away(error: BaseException | None) -> bool:
    """Whether PostgreSQL did not answer. Where a connection breaks while an answer is read, psycopg2 raises the bare
    error of a server that has named none."""
    broke = isinstance(error, DatabaseError) and type(error.__cause__) is psycopg2.DatabaseError
    return broke or isinstance(error, OperationalError | InterfaceError)


def outage(error: BaseException | None) -> DomainError | None:
    """The outage that `error` means, or None where it is something else."""
    if is_away(error):
        kind: type[DomainError] = TookTooLong if is_late(error) else Unavailable
    elif isinstance(error, RedisError):
        kind = Unavailable
    else:
        return None
    log.error(kind.code, exc_info=error)
    return kind(retry_after=COME_BACK_AFTER)
