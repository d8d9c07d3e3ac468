"""Lists are filtered and ordered by django-filter, and a parameter that a list does not know is an error."""

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PAGING = frozenset({"cursor", "page_size", "fields"})


class KnownFilters(DjangoFilterBackend):
    """Refuses what it does not know: a filter with a typing error would answer with everything."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset = self.get_filterset_class(view, queryset)
        if filterset is not None:
            unknown = sorted(request.query_params.keys() - filterset.base_filters.keys() - PAGING)
            if unknown:
                raise ValidationError({name: ["There is no such parameter."] for name in unknown})
        filtered: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return filtered
