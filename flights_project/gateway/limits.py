"""How often a caller may call: a token bucket in Redis for each caller and class of call.

Buckets are filled evenly and hold what may come at once, so that a caller is never shut out for the rest of a window.
Redis counts atomically, so the limits hold across processes. Where Redis does not answer, what can be guessed by
trying (passwords, locators) is refused, and everything else is let through: the database has its own limits for seats.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import ceil

import structlog
from django.conf import settings
from throttled import Throttled
from throttled.exceptions import StoreUnavailableError
from throttled.store import RedisStore

from flights_project.gateway.callers import Caller
from flights_project.lib.errors import DomainError

log = structlog.get_logger(__name__)


class Calls(StrEnum):
    """Classes of calls, each with a bucket of its own for every caller."""

    SEARCH = "search"
    BOOKING = "booking"
    LOGIN = "login"
    LOOKUP = "lookup"
    OTHER = "other"


ALLOWANCE = "flights.allowance"
"""Where a request's `META` keeps what its bucket said, for the answer's headers."""
CLOSED_WITHOUT_REDIS = frozenset({Calls.LOGIN, Calls.LOOKUP})


class LimitsUnavailable(DomainError):
    code = "limits_unavailable"
    title = "Attempts cannot be counted at the moment, so none is allowed. Try again in a minute."


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a bucket says of one call. Times are seconds, `retry_after` to the fraction: when it has a token again."""

    allowed: bool
    limit: int
    window: int
    remaining: int
    full_in: int
    retry_after: float

    @property
    def headers(self) -> dict[str, str]:
        """As of the IETF's draft `RateLimit header fields for HTTP`, in the form that most clients read."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.full_in),
            "RateLimit-Policy": f"{self.limit};w={self.window}",
        }


def spend(calls: Calls, caller: Caller, ident: str) -> Allowance | None:
    """Take one token from the bucket of (`caller`, `ident`) for `calls`; None where it is not limited.

    Raises LimitsUnavailable where Redis does not answer and the calls are among CLOSED_WITHOUT_REDIS.
    """
    rate = settings.RATES.get(f"{calls}_{caller}") if settings.RATE_LIMITS else None
    if rate is None:
        return None
    bucket = _bucket(rate, settings.REDIS_URL)
    try:
        spent = bucket.limit(f"{calls}:{caller}:{ident}")
    except StoreUnavailableError as error:
        log.warning("limits_unavailable", calls=calls, exc_info=error)
        if calls in CLOSED_WITHOUT_REDIS:
            raise LimitsUnavailable(retry_after=60) from error
        return None
    return Allowance(
        allowed=not spent.limited,
        limit=spent.state.limit,
        window=bucket.limiter.quota.period_sec,
        remaining=max(spent.state.remaining, 0) if not spent.limited else 0,
        full_in=ceil(spent.state.reset_after),
        retry_after=spent.state.retry_after,
    )


@cache
def _bucket(rate: str, redis_url: str) -> Throttled:
    # GCRA is the token bucket kept as one number: exact to the microsecond also where a token takes minutes to come.
    return Throttled(using="gcra", quota=rate, store=_store(redis_url), key_prefix="limits")


@cache
def _store(redis_url: str) -> RedisStore:
    return RedisStore(redis_url, {"CONNECTION_POOL_KWARGS": settings.REDIS_OPTIONS})
