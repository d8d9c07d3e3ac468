"""Lists are cursor pages: `{"results": [...], "next": url|null, "previous": url|null}`."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from flights_project.lib.errors import InvalidRequest

PAGING = frozenset({"cursor", "page_size"})


class CursorPages(CursorPagination):
    """Pages that neither skip nor repeat a row while others are written; `?page_size=` up to 100."""

    ordering: str | tuple[str, ...] = "pk"
    page_size = 50
    max_page_size = 100
    page_size_query_param = "page_size"

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return [
            _parameter(self.cursor_query_param, {"type": "string"}, "Of `next` or `previous`: follow them."),
            _parameter(self.page_size_query_param, size, "Things on a page."),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {
                "results": schema,
                "next": address | {"description": "Of the page that follows; null on the last one."},
                "previous": address | {"description": "Of the page before; null on the first one."},
            },
        }

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

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Raises NotFound for what is read, but was not written by us: it would be taken for the first page, and who
        follows pages would go round in circles."""
        cursor: Cursor | None = super().decode_cursor(request)
        asked = request.query_params.get(self.cursor_query_param)
        if cursor is None or not asked:
            return cursor
        if self.encode_cursor(cursor) != replace_query_param(str(self.base_url), self.cursor_query_param, asked):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any] | None:
        """Raises InvalidRequest for a cursor that is none of ours, also where it looks like one."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValueError, ValidationError) as error:
            raise InvalidRequest({self.cursor_query_param: [str(self.invalid_cursor_message)]}) from error


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}
