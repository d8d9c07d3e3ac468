"""Who changed what, and by which door: kept beside every change by triggers, so that no path around them exists.

The models that are tracked say so themselves (`@pghistory.track`); their events can be neither changed nor deleted.
"""

from typing import Any

import pghistory
import structlog
from celery import Task
from django.contrib.auth import get_user_model
from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import HttpRequest
from pghistory.middleware import HistoryMiddleware


class RequestHistory(HistoryMiddleware):
    """Changes made by a request carry its door, its user and its id."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().get_context(request) | {
            "door": door_of(request.path),
            "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
        }


class TaskWithHistory(Task):  # type: ignore[type-arg]  # celery's stubs make it generic, celery does not
    """Changes made by a task carry its name."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with pghistory.context(door="worker", task=self.name):
            return super().__call__(*args, **kwargs)


def signed(events: QuerySet[Any]) -> QuerySet[Any]:
    """`events` with `by`: the e-mail of the person who made the change, None where no person did."""
    signatures = events.annotate(user=Cast(KT("pgh_context__user"), BigIntegerField()))
    people = get_user_model().objects.filter(pk=OuterRef("user"))
    signed_events: QuerySet[Any] = signatures.annotate(by=Subquery(people.values("email")))
    return signed_events


def door_of(path: str) -> str:
    """`api`, `desk` or `page`."""
    if path.startswith("/api/"):
        return "api"
    return "desk" if path.startswith("/admin/") else "page"
