"""Parameters of a read: those that nobody knows, or that came twice, are errors, not noise."""

from collections.abc import Container

from django.http import QueryDict

from flights_project.lib.errors import InvalidRequest


def refuse_misuse(asked: QueryDict, known: Container[str]) -> None:
    """Parameters that we do not know, or that came twice: a typing error is not ignored. Raises InvalidRequest."""
    if errors := misused(asked, known):
        raise InvalidRequest(errors)


def misused(asked: QueryDict, known: Container[str]) -> dict[str, list[str]]:
    """What is wrong with parameters whatever they say: we do not know them, or they came twice."""
    return {
        name: ["Send this parameter once." if name in known else "There is no such parameter."]
        for name, values in asked.lists()
        if name not in known or len(values) > 1
    }
