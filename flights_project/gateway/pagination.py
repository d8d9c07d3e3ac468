"""Lists are cursor pages: `{"results": [...], "next": url|null, "previous": url|null}`."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from flights_project.lib.errors import InvalidRequest

PAGING = frozenset({"cursor", "page_size"})


class CursorPages(CursorPagination):
    """Pages that neither skip nor repeat a row while others are written; `?page_size=` up to 100."""

    ordering: str | tuple[str, ...] = "pk"
    page_size = 50
    max_page_size = 100
    page_size_query_param = "page_size"

    def get_page_size(self, request: Request) -> int:
        """Raises InvalidRequest for what is no size of a page: an answer of another size would look like the last."""
        asked = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not (asked.isascii() and asked.isdecimal() and 1 <= int(asked[:9]) <= self.max_page_size):
            raise InvalidRequest(
                {self.page_size_query_param: [f"Enter a whole number from 1 to {self.max_page_size}."]}
            )
        return int(asked)

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        """What the list's filter was asked for, then the primary key: equal values keep their places over pages."""
        if not request.query_params.get("ordering"):
            return (self.ordering,) if isinstance(self.ordering, str) else self.ordering
        return (*queryset.query.order_by, "pk")

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any] | None:
        """Raises InvalidRequest for a cursor that is none of ours, also where it looks like one."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValueError, ValidationError) as error:
            raise InvalidRequest({self.cursor_query_param: [str(self.invalid_cursor_message)]}) from error
