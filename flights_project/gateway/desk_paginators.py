"""Pages of lists that grow for ever."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.paginator import InfinitePaginator


class KeysFirst(InfinitePaginator):
    """Nothing is counted, and only the keys of a page are looked for: what is `shown` of them is read for these rows
    alone, not for all that a search finds or that come before the page."""

    def __init__(self, found: QuerySet[Any], per_page: int, *args: Any, shown: QuerySet[Any], **kwargs: Any) -> None:
        super().__init__(found, per_page, *args, **kwargs)
        self.shown = shown

    def page(self, number: Any) -> Any:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        keys = list(self.object_list.values_list("pk", flat=True)[first : first + self.per_page])
        rows = self.shown.filter(pk__in=keys).order_by(*self.object_list.query.order_by)
        return self._get_page(rows, number, self)


class LongTable:
    """For a page of the desk whose list grows for ever."""

    def get_paginator(
        self, request: HttpRequest, queryset: QuerySet[Any], per_page: int, *args: Any, **kwargs: Any
    ) -> Any:
        shown = self.get_queryset(request)  # type: ignore[attr-defined]  # beside a page of the desk
        if related := self.list_select_related:  # type: ignore[attr-defined]
            shown = shown.select_related(*related)
        return KeysFirst(queryset, per_page, *args, shown=shown, **kwargs)
