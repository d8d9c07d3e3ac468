"""What lists are filtered by, beside what django-filter has."""

from datetime import UTC, datetime

from django import forms
from django_filters import IsoDateTimeFilter
from django_filters.fields import IsoDateTimeField


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
