"""Answers of the type-ahead as bytes, for its view and its door."""

from typing import Any

import orjson

from airlines.api.answers import Environ, headers_of, parameters_of
from airlines.services.gazetteer import suggest_places
from airlines.services.search_cache import Answer
from flights_project.lib.errors import InvalidRequest

NOTHING_READ = frozenset[Any]()


def places_answer(environ: Environ) -> Answer:
    """Places as `PlacesSerializer` documents them. Raises InvalidRequest that names what is wrong with what."""
    asked = parameters_of(environ, {"q"})
    if "q" not in asked:
        raise InvalidRequest({"q": ["This field is required."]})
    body = orjson.dumps({"results": suggest_places(asked["q"])})
    return Answer(body, NOTHING_READ, 0, headers_of(body))
