"""Parameters of a read: those that nobody knows, that came twice or hold what no text does, are errors, not noise."""

from collections.abc import Container

from django.core.validators import ProhibitNullCharactersValidator
from django.http import QueryDict

from flights_project.lib.errors import InvalidRequest


def refuse_misuse(asked: QueryDict, known: Container[str]) -> None:
    """What is wrong with parameters whatever they are for: a typing error is not ignored. Raises InvalidRequest."""
    if errors := misused(asked, known):
        raise InvalidRequest(errors)


def misused(asked: QueryDict, known: Container[str]) -> dict[str, list[str]]:
    """What is wrong with parameters whatever they are for: we do not know them, they came twice, or they hold the null
    character, which PostgreSQL keeps in no text."""
    faults = ((name, _fault(values, is_known=name in known)) for name, values in asked.lists())
    return {name: [fault] for name, fault in faults if fault}


def _fault(values: list[str], *, is_known: bool) -> str | None:
    if not is_known:
        return "There is no such parameter."
    if len(values) > 1:
        return "Send this parameter once."
    return str(ProhibitNullCharactersValidator.message) if "\x00" in values[0] else None
