"""Fields that mean the same everywhere in the API."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from flights_project.lib.money import MoneyAmount, on_the_wire

PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
DIGITS = re.compile(r"-?\d+", re.ASCII)
MONEY_SCHEMA = {
    "type": "object",
    "required": ["amount", "currency"],
    "properties": {
        "amount": {"type": "string", "format": "decimal", "examples": ["4500.00"]},
        "currency": {"type": "string", "description": "ISO 4217", "examples": ["INR"]},
    },
}


class PlainDecimalField(serializers.DecimalField):
    """Digits and a point: neither `1e5` nor `Infinity`, which Python would read too."""

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not PLAIN.fullmatch(str(data).strip()):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeNumberField(serializers.IntegerField):
    """Of a query: digits. Python would also read `+1`, `1_0` and digits of other scripts."""

    def to_internal_value(self, data: Any) -> int:
        if not DIGITS.fullmatch(str(data)):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field(MONEY_SCHEMA)
class MoneyField(PlainDecimalField):
    """Written as `{"amount": "4500.00", "currency": "INR"}`; read in that form or as a bare amount."""

    default_error_messages = {"wrong_currency": "Prices here are in {currency}."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=10, decimal_places=2, min_value=Decimal(0), **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, Mapping):
            if data.get("currency") != settings.CURRENCY:
                self.fail("wrong_currency", currency=settings.CURRENCY)
            if unknown := sorted(str(name) for name in data.keys() - {"amount", "currency"}):
                raise serializers.ValidationError({name: [_("There is no such field.")] for name in unknown})
            data = data.get("amount")
        return super().to_internal_value(data)

    def to_representation(self, value: Decimal) -> MoneyAmount:  # type: ignore[override]
        return on_the_wire(value, settings.CURRENCY)
