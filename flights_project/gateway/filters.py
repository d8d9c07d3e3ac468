"""Lists are filtered and ordered by django-filter, and a parameter that a list does not know is an error."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django_filters import IsoDateTimeFilter
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PAGING = frozenset({"cursor", "page_size", "fields"})


class InstantField(IsoDateTimeField):
    """In UTC, whatever the offset: ISO 8601 has offsets of up to a day, PostgreSQL none beyond 16 hours."""

    def to_python(self, value: str | None) -> datetime | None:
        """Raises ValidationError also for what lies outside of the calendar in UTC."""
        instant: datetime | None = super().to_python(value)
        try:
            return instant and instant.astimezone(UTC)
        except OverflowError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error


class InstantFilter(IsoDateTimeFilter):
    field_class = InstantField


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
