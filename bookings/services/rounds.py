"""A round over many rows, each with a transaction of its own."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog
from celery.exceptions import SoftTimeLimitExceeded

log = structlog.get_logger(__name__)

Row = TypeVar("Row")


def count_done(step: Callable[[Row], bool], rows: Iterable[Row]) -> int:
    """How many of `rows` `step` was done with. One that fails is logged and tried again in the next round: it does
    not keep the others waiting."""
    return sum(_is_done(step, row) for row in rows)


def _is_done(step: Callable[[Row], bool], row: Row) -> bool:
    try:
        return step(row)
    except SoftTimeLimitExceeded:
        raise
    except Exception:  # whatever is wrong with one, the others have their turn
        log.exception("round_left_one_out", step=step.__name__, row=getattr(row, "pk", row))
        return False
