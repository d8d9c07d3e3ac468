"""How bodies are read: strictly. What a body names and nobody reads is an error, as is what has another type.

Every serializer that reads a body is one of these two; what only answers may be any.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.db import models
from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from flights_project.gateway.problems import WHOLE

M = TypeVar("M", bound=Model)


class TextField(serializers.CharField):
    """A string: DRF itself would take the number 12 for "12"."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class InstantField(serializers.DateTimeField):
    """With its offset from UTC: without it, it is another instant in every zone."""

    default_error_messages = {"naive": _("Say the offset from UTC: 2026-12-05T04:30:00Z or 2026-12-05T10:00:00+05:30.")}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("naive")
        return super().enforce_timezone(value)


# These three have no docstrings: the contract would show them for each body that has none of its own.
class ReadsStrictly:
    # Refuses members that there are not, and a change that changes nothing.

    fields: Any
    partial: bool

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in data.keys() - self.fields.keys())
            if unknown:
                raise serializers.ValidationError({name: [_("There is no such field.")] for name in unknown})
            if self.partial and not any(name in data for name, field in self.fields.items() if not field.read_only):
                raise serializers.ValidationError({WHOLE: [_("Name at least one field that can be changed.")]})
        return super().to_internal_value(data)  # type: ignore[misc]  # of the serializer it is mixed into


class Body(ReadsStrictly, serializers.Serializer[Any]):
    # A body, or an object within one.
    pass


class ModelBody(ReadsStrictly, serializers.ModelSerializer[M]):
    # A body that is a model's fields.
    serializer_field_mapping: ClassVar[dict[Any, Any]] = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: TextField,
        models.TextField: TextField,
        models.DateTimeField: InstantField,
    }
