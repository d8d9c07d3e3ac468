"""What calls have in common in their description."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.openapi import AutoSchema

from flights_project.gateway.api.resources import ConditionalWrites, SparseFields

Parameter = dict[str, Any]

TEXT = {"type": "string"}
FIELDS = {
    "name": "fields",
    "in": "query",
    "schema": TEXT,
    "description": "Names of fields, with commas between: the answer has these alone.",
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "schema": TEXT,
    "description": "The `ETag` of an answer that you have: 304 while nothing has changed.",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "schema": TEXT,
    "description": "The `ETag` that you read at this address: 412 where it was changed since.",
}


class ContractSchema(AutoSchema):
    """Names the parameters that calls have in common."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            operation["parameters"] = [*operation.get("parameters", []), *self._common_parameters()]
        return operation

    def _common_parameters(self) -> Iterable[Parameter]:
        if self.method == "GET":
            return [FIELDS, IF_NONE_MATCH] if isinstance(self.view, SparseFields) else [IF_NONE_MATCH]
        writes_what_is_there = isinstance(self.view, ConditionalWrites) and self.method != "POST"
        return [IF_MATCH] if writes_what_is_there else []
