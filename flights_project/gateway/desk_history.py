"""The history of a tracked row on its page at the desk."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import DateTimeField, DecimalField, Model
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flights_project.gateway.desk import EMPTY, Parent, ReadOnlyInline, instant
from flights_project.gateway.history import signed
from flights_project.gateway.templatetags.flights import money

DOORS = {
    "desk": gettext_lazy("staff desk"),
    "page": gettext_lazy("website"),
    "api": gettext_lazy("API"),
    "worker": gettext_lazy("automatically"),
}
"""What a change came through, in the airline's words, by the name that its event has."""


def who_did(event: Any) -> str:
    """The e-mail of the person who made the change of a `signed` event; of what runs by itself, the airline's. Empty
    where neither did, as where a gateway answered."""
    return str(event.by or (_("the airline") if _context(event).get("task") else ""))


def door_in_words(event: Any) -> str:
    """What it came through; empty for what came through no door, as a command."""
    return str(DOORS.get(_context(event).get("door", ""), ""))


def reason_of(event: Any) -> str:
    return str(_context(event).get("reason", ""))


def _context(event: Any) -> dict[str, Any]:
    return event.pgh_context or {}


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
    def who(self, event: Any) -> str:
        return who_did(event) or EMPTY

    @admin.display(description=gettext_lazy("through"))
    def door(self, event: Any) -> str:
        return door_in_words(event) or EMPTY

    @admin.display(description=gettext_lazy("why"))
    def why(self, event: Any) -> str:
        return reason_of(event) or EMPTY


def history_of(model: type[Model], *shown: str) -> type[HistoryInline[Any]]:
    """The history of a tracked model, showing what these of its fields became: instants in UTC, as they say, and
    amounts with their currency."""
    events: Any = model._meta.get_field("events").related_model  # noqa: SLF001 -- Django's documented name
    fields = {name: events._meta.get_field(name) for name in shown}  # noqa: SLF001 -- likewise
    written = {name: (f"{name}_written", column) for name in shown if (column := _column(fields[name]))}
    columns = ["when", *(written[name][0] if name in written else name for name in shown), "who", "door"]
    columns += [] if "reason" in shown else ["why"]
    attributes = {"model": events, "fields": columns, "readonly_fields": columns, **dict(written.values())}
    attributes["related"] = tuple(name for name in shown if fields[name].is_relation)
    return type("History", (HistoryInline,), attributes)


def _column(field: Any) -> Any:
    """How a field that is not shown as it is kept is written; None for others."""
    if isinstance(field, DateTimeField):
        return instant(field.name, field.verbose_name)
    if isinstance(field, DecimalField):
        return _amount(field.name, field.verbose_name)
    return None


def _amount(field: str, description: Any) -> Any:
    @admin.display(description=description)
    def column(_page: Any, event: Any) -> str:
        amount = getattr(event, field)
        return EMPTY if amount is None else money(amount)

    return column
