"""Answers of the type-ahead as bytes, for its view and its door."""

from collections.abc import Mapping
from typing import Any

import orjson

from airlines.api.answers import headers_of, parameters_of
from airlines.api.search import refuse_misuse
from airlines.services.gazetteer import suggest_places
from airlines.services.search_cache import Answer
from flights_project.lib.errors import InvalidRequest

NOTHING_READ = frozenset[Any]()


def places_answer(environ: Mapping[str, Any]) -> Answer:
    """Places as `PlacesSerializer` documents them. Raises InvalidRequest that names what is wrong with what."""
    asked = parameters_of(environ)
    refuse_misuse(asked, {"q"})
    if "q" not in asked:
        raise InvalidRequest({"q": ["This field is required."]})
    body = orjson.dumps({"results": suggest_places(asked["q"])})
    return Answer(body, NOTHING_READ, 0, headers_of(body))
