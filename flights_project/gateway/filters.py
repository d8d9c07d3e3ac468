"""What lists are filtered by, beside what django-filter has."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django_filters import CharFilter, IsoDateTimeFilter
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
    """The contract says of each what an instant without an offset, or a day alone, is taken for."""

    field_class = InstantField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault(
            "help_text", "`2026-12-05T04:30:00Z`. Without an offset it is UTC, a day alone its first moment."
        )
        super().__init__(*args, **kwargs)


class CodeField(forms.CharField):
    """In capitals, in whatever case it was typed."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").upper()


class CodeFilter(CharFilter):
    """A code as its `rule` says: what can be none is an error, for a list without anything would not tell why."""

    field_class = CodeField

    def __init__(self, *args: Any, rule: RegexValidator, **kwargs: Any) -> None:
        super().__init__(*args, validators=[rule], help_text=rule.message, **kwargs)
