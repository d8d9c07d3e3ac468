"""The history of a tracked row on its page at the desk."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import DateTimeField, Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from flights_project.gateway.desk import Parent, ReadOnlyInline, instant
from flights_project.gateway.history import signed


class HistoryInline(ReadOnlyInline[Any, Parent]):
    """What changed of a row, when, by whom and through which door; the newest first."""

    fk_name = "pgh_obj"
    ordering = ["-pgh_id"]
    per_page = 20
    verbose_name_plural = gettext_lazy("history")
    hide_title = True
    when = instant("pgh_created_at", gettext_lazy("changed"))
    related: ClassVar[tuple[str, ...]] = ()
    """Shown fields that are rows of other tables."""

    def has_view_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        """Whoever sees the row sees what became of it."""
        return True

    def get_queryset(self, request: HttpRequest) -> Any:
        events = signed(super().get_queryset(request))
        return events.select_related(*self.related) if self.related else events

    @admin.display(description=gettext_lazy("by"))
    def who(self, event: Any) -> str | None:
        return event.by or (event.pgh_context or {}).get("task")

    @admin.display(description=gettext_lazy("through"))
    def door(self, event: Any) -> str | None:
        return (event.pgh_context or {}).get("door")

    @admin.display(description=gettext_lazy("why"))
    def why(self, event: Any) -> str | None:
        return (event.pgh_context or {}).get("reason")


def history_of(model: type[Model], *shown: str) -> type[HistoryInline[Any]]:
    """The history of a tracked model, showing what these of its fields became; instants are in UTC, as they say."""
    events: Any = model._meta.get_field("events").related_model  # noqa: SLF001 -- Django's documented name
    fields = {name: events._meta.get_field(name) for name in shown}  # noqa: SLF001 -- likewise
    moments = {name: f"{name}_utc" for name in shown if isinstance(fields[name], DateTimeField)}
    columns = ["when", *(moments.get(name, name) for name in shown), "who", "door"]
    columns += [] if "reason" in shown else ["why"]
    attributes = {"model": events, "fields": columns, "readonly_fields": columns}
    attributes |= {column: instant(name, fields[name].verbose_name) for name, column in moments.items()}
    attributes["related"] = tuple(name for name in shown if fields[name].is_relation)
    return type("History", (HistoryInline,), attributes)
