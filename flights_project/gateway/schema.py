"""What calls have in common in their description."""

from collections.abc import Iterable
from inspect import getdoc
from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework.permissions import SAFE_METHODS, AllowAny, IsAuthenticated

from flights_project.gateway.api.resources import ConditionalWrites, SparseFields
from flights_project.gateway.permissions import HasScope, ReadOrStaffWrite, StaffRead

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
SUMMARIES = {
    "list": "List {many}",
    "retrieve": "Read one of the {many}",
    "create": "Add to the {many}",
    "update": "Replace one of the {many}",
    "partial_update": "Change one of the {many}",
    "destroy": "Delete one of the {many}",
}
"""Of what every resource has, by the action."""
KEYS = "apiKey"


class ContractSchema(AutoSchema):
    """Says of each call in a line what it does, who may call it, and the parameters that calls have in common."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            operation["parameters"] = [*operation.get("parameters", []), *self._common_parameters()]
        return operation

    def get_summary(self) -> str | None:
        """Of an action with words of its own their first clause, else what is done to which resource."""
        words: str = super().get_description()
        action = getattr(self.view, "action", None)
        if action in SUMMARIES and words == self._words_of_the_resource():
            return SUMMARIES[action].format(many=self._name_of_the_resource())
        return _first_clause(words)

    def get_description(self) -> str:  # type: ignore[override]  # as AutoSchema has it
        return f"{super().get_description()}\n\n{self._who_may()}".strip()

    def get_auth(self) -> list[dict[str, list[str]]]:
        """With the scopes that a key needs, one of them where there are several, and `{}` where nobody need say who
        they are."""
        ways = [way for way in super().get_auth() if way and KEYS not in way]
        keys = [{KEYS: [scope] if scope else []} for scope in self._scopes()]
        return [*keys, *ways, *([{}] if self._is_open() else [])]

    def _who_may(self) -> str:
        if self._takes(StaffRead) or (self._takes(ReadOrStaffWrite) and self.method not in SAFE_METHODS):
            return "For staff whose role allows it."
        scopes = [f"`{scope}`" for scope in self._scopes() if scope]
        if self._takes(HasScope) and not scopes:
            return "Not for keys of programs."
        key = f"a key needs the scope {' or '.join(scopes)}." if scopes else ""
        if self._is_open():
            return f"Open to anyone; {key}" if key else "Open to anyone."
        return key.capitalize()

    def _scopes(self) -> tuple[str, ...]:
        """Each of which opens the call to a key; the empty one where any key may."""
        if self._takes(HasScope):
            required: str | tuple[str, ...] = getattr(self.view, "required_scope", ())
            return tuple(map(str, (required,) if isinstance(required, str) else required))
        is_for_any = self.view.authentication_classes and self.method in SAFE_METHODS and not self._takes(StaffRead)
        return ("",) if is_for_any else ()

    def _is_open(self) -> bool:
        if self._takes(ReadOrStaffWrite):
            return self.method in SAFE_METHODS
        return self._takes(AllowAny) or not (self._takes(IsAuthenticated) or self._takes(StaffRead))

    def _takes(self, permission: type) -> bool:
        return any(isinstance(each, permission) for each in self.view.get_permissions())

    def _name_of_the_resource(self) -> str:
        """`fare families`, of the path."""
        names: list[str] = [part for part in self.path.split("/") if part and "{" not in part]
        return names[-1].replace("-", " ")

    def _words_of_the_resource(self) -> str:
        return getdoc(type(self.view)) or ""

    def _common_parameters(self) -> Iterable[Parameter]:
        if self.method == "GET":
            has_fields = isinstance(self.view, SparseFields) and self.view.has_fields
            return [FIELDS, IF_NONE_MATCH] if has_fields else [IF_NONE_MATCH]
        writes_what_is_there = isinstance(self.view, ConditionalWrites) and self.method != "POST"
        return [IF_MATCH] if writes_what_is_there else []


def _first_clause(words: str) -> str:
    """`The log of an endpoint: what was sent.` → `The log of an endpoint`."""
    flat = " ".join(words.split())
    ends = [at for mark in (". ", ": ", "; ") if (at := flat.find(mark)) > 0]
    return flat[: min(ends, default=len(flat))].rstrip(".")
