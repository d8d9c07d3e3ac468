"""Lists are cursor pages: `{"results": [...], "next": url|null, "previous": url|null}`."""

from rest_framework.pagination import CursorPagination


class CursorPages(CursorPagination):
    """Pages that neither skip nor repeat a row while others are written; `?page_size=` up to 100."""

    ordering: str | tuple[str, ...] = "pk"
    page_size = 50
    max_page_size = 100
    page_size_query_param = "page_size"
