"""Lists are cursor pages: `{"results": [...], "next": url|null, "previous": url|null}`."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class CursorPages(CursorPagination):
    """Pages that neither skip nor repeat a row while others are written; `?page_size=` up to 100."""

    ordering: str | tuple[str, ...] = "pk"
    page_size = 50
    max_page_size = 100
    page_size_query_param = "page_size"

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        """What the list's filter was asked for, then the primary key: equal values keep their places over pages."""
        if not request.query_params.get("ordering"):
            return (self.ordering,) if isinstance(self.ordering, str) else self.ordering
        return (*queryset.query.order_by, "pk")

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any] | None:
        """Raises NotFound for a cursor that is none of ours, also where it looks like one."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError) as error:
            raise NotFound(self.invalid_cursor_message) from error
