"""Calling a worker once for all that waits for it."""

from dataclasses import dataclass

from celery import current_app
from django.core.cache import cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call to run `task`, which takes everything that waits; whoever adds something calls, after commit.

    A worker that was called and has not begun will find what is added meanwhile, so one call is enough for many. A
    clock runs the task every `round_seconds` besides: where the broker is away, or a call is lost, that round does it.
    """

    task: str
    round_seconds: int
    moment: int = 0
    """Seconds in which things gather, so that a busy hour has one run in so long and not one for each thing."""

    def out(self) -> None:
        """Call, unless a worker was called since the last one began."""
        if cache.add(self._key, 1, timeout=self.round_seconds):
            current_app.send_task(self.task, countdown=self.moment, expires=self.moment + self.round_seconds)

    def is_answered(self) -> None:
        """A worker begins: what is added from now on calls again."""
        cache.delete(self._key)

    @property
    def _key(self) -> str:
        return f"called.{self.task}"
