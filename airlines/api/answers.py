"""Answers of the search as bytes, for its view and its door: from parameters to JSON as directly as can be.

Nothing of Django or DRF is between: flights stay the rows that were read, what several offers of an answer share is
written once, and the rest are plain dictionaries that orjson writes. `results_as_dict` says the same as
`OfferSerializer` documents and `offer_as_dict` writes of one offer, to which a test holds it.
"""

from collections.abc import Container
from datetime import UTC, datetime
from functools import lru_cache, partial
from hashlib import sha256
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson
from django.core.handlers.wsgi import WSGIRequest, get_bytes_from_wsgi
from django.http import QueryDict
from django.utils import timezone
from orjson import Fragment
from rest_framework.utils.urls import replace_query_param

from airlines.api.offers import conditions_as_dict, connection, segment
from airlines.api.search import counts_as_dict
from airlines.api.written_prices import written_price
from airlines.forms import read_search
from airlines.parameters import PARAMETERS
from airlines.services.flights_on_sale import FlightOnSale
from airlines.services.offer_tokens import Signer
from airlines.services.offers import claim_text, terms_text
from airlines.services.options import Itinerary, Journey
from airlines.services.pages import Page
from airlines.services.pricing import Party
from airlines.services.reference import Reference, current
from airlines.services.search import Found, SearchResults, search
from airlines.services.search_cache import Answer, search_cache
from flights_project.gateway.parameters import refuse_misuse
from flights_project.lib import clock

Environ = dict[str, Any]
Schedule = tuple[Any, ...]
"""What a flight's row says besides seats and fares."""


def kept_answer(environ: Environ) -> Answer | None:
    """What is kept for a request, if it is still true."""
    return search_cache().find(key_of(environ), current())


def answer_to(environ: Environ) -> Answer:
    """What is kept for a request, or else made now. Raises InvalidRequest that names what is wrong with what,
    OperationalError after `SEARCH_TIMEOUT`."""
    return search_cache().answer(key_of(environ), current(), partial(_make, environ))


def key_of(environ: Environ) -> tuple[Any, ...]:
    """What tells one search from another: its parameters in any order, and the address that its links are made of."""
    return (
        environ.get("HTTP_HOST"),
        environ.get("wsgi.url_scheme"),
        environ.get("HTTP_X_FORWARDED_PROTO"),
        *sorted(environ.get("QUERY_STRING", "").split("&")),
    )


def _make(environ: Environ) -> Answer:
    now = timezone.now()
    query, page = read_search(parameters_of(environ, PARAMETERS), now=now)
    results = search(query, now=now, page=page)
    body = orjson.dumps(results_as_dict(results, environ))
    return Answer(body, results.found.read_on(), results.found.good_for(now), headers_of(body))


def parameters_of(environ: Environ, known: Container[str]) -> dict[str, str]:
    """What was asked, as Django reads it. Raises InvalidRequest as `refuse_misuse` does."""
    text = environ.get("QUERY_STRING", "")
    pairs = parse_qsl(text, keep_blank_values=True)
    asked = dict(pairs)
    is_plain = text.isascii() and "%00" not in text
    if is_plain and len(asked) == len(pairs) and all(name in known for name in asked):
        return asked
    by_django = QueryDict(get_bytes_from_wsgi(environ, "QUERY_STRING", ""))
    refuse_misuse(by_django, known)
    return {name: str(text) for name, text in by_django.items()}


def headers_of(body: bytes) -> tuple[tuple[str, str], ...]:
    """What headers say of a body."""
    return ("Content-Length", str(len(body))), ("ETag", f'"{sha256(body).hexdigest()[:32]}"')


def results_as_dict(results: SearchResults, environ: Environ) -> dict[str, Any]:
    """Results as `SearchResultsSerializer` documents them, with links to where they were asked for."""
    writer = JourneyWriter(results.found)
    return {
        "results": [Fragment(writer.write(journey)) for journey in results.journeys],
        "next": _link(environ, results.next),
        "previous": _link(environ, results.previous),
        "filters": counts_as_dict(results.counts),
    }


def _link(environ: Environ, page: Page | None) -> str | None:
    if page is None:
        return None
    return str(replace_query_param(WSGIRequest(dict(environ)).build_absolute_uri(), "cursor", page.cursor))


OFFER = b'{"offer":"%b","total":%b,%b,"seats_left":%d,"price":%b,"slices":[%b]}'
SLICE = b'{"duration":"%b","stops":%d,"segments":[%b],"connections":[%b]}'


schedule_of = itemgetter(slice(FlightOnSale._fields.index("seats_left")))
REMEMBERED = 20_000
"""Segments and connections as they were written: so many of each at most."""


class WrittenWay(NamedTuple):
    """Flights as each offer of them says it: as slices, in its token, and the seats on the fullest."""

    slices: bytes
    flights: str
    seats_left: int


class WrittenTerms(NamedTuple):
    """Cabin and fare family as each of their offers says it, and in its token with the party."""

    terms: bytes
    said: str


class JourneyWriter:
    """Writes the journeys of one search as offers, with everything that several of them share written once."""

    def __init__(self, found: Found) -> None:
        self._airports = found.reference.airports
        self._terms = _terms_of(found)
        self._signer = Signer()
        self._segments = _segments(found.reference)
        self._connections = _connections(found.reference)
        self._ways: dict[int, WrittenWay] = {}

    def write(self, journey: Journey) -> bytes:
        first = journey[0]
        if len(journey) == 1:
            way, price = self._way(first.itinerary), written_price(first.prices)
        else:
            way, price = self._together(journey), written_price([each for option in journey for each in option.prices])
        terms = self._terms[first.family]
        token = self._signer.sign(claim_text(way.flights, terms.said, price.said))
        return OFFER % (token, price.total, terms.terms, way.seats_left, price.lines, way.slices)

    def _together(self, journey: Journey) -> WrittenWay:
        ways = [self._way(option.itinerary) for option in journey]
        return WrittenWay(
            b",".join([way.slices for way in ways]),
            "/".join([way.flights for way in ways]),
            min([way.seats_left for way in ways]),
        )

    def _way(self, itinerary: Itinerary) -> WrittenWay:
        written = self._ways.get(id(itinerary))  # which its options keep
        if written is None:
            flights = itinerary.flights
            written = self._ways[id(itinerary)] = WrittenWay(
                self._slice(itinerary),
                "-".join([str(flight.pk) for flight in flights]),
                min([flight.seats_left for flight in flights]),
            )
        return written

    def _slice(self, itinerary: Itinerary) -> bytes:
        flights = itinerary.flights
        return SLICE % (
            clock.iso_minutes(itinerary.duration // 60).encode(),
            itinerary.stops,
            b",".join([self._segments.get(schedule_of(each)) or self._write_segment(each) for each in flights]),
            b",".join([self._connection(*both) for both in pairwise(flights)]) if itinerary.stops else b"",
        )

    def _write_segment(self, flight: FlightOnSale) -> bytes:
        _make_room(self._segments)
        written = self._segments[schedule_of(flight)] = orjson.dumps(self._segment(flight))
        return written

    def _connection(self, landing: FlightOnSale, leaving: FlightOnSale) -> bytes:
        change = landing.destination, landing.arrives, leaving.origin, leaving.departs
        written = self._connections.get(change)
        if written is None:
            _make_room(self._connections)
            written = self._connections[change] = orjson.dumps(self._connection_as_dict(landing, leaving))
        return written

    def _segment(self, flight: FlightOnSale) -> dict[str, Any]:
        return segment(
            flight=flight.pk,
            number=flight.number,
            origin=self._airports[flight.origin],
            origin_terminal=flight.origin_terminal,
            destination=self._airports[flight.destination],
            destination_terminal=flight.destination_terminal,
            departs_at=datetime.fromtimestamp(flight.departs, UTC),
            arrives_at=datetime.fromtimestamp(flight.arrives, UTC),
            gate="",
            status=flight.status,
        )

    def _connection_as_dict(self, landing: FlightOnSale, leaving: FlightOnSale) -> dict[str, Any]:
        return connection(
            airport=self._airports[landing.destination],
            onward_airport=self._airports[leaving.origin],
            lands_at=datetime.fromtimestamp(landing.arrives, UTC),
            leaves_at=datetime.fromtimestamp(leaving.departs, UTC),
        )


@lru_cache(maxsize=2)
def _segments(_reference: Reference) -> dict[Schedule, bytes]:
    """Flights as they were written with this reference, by all that was read for them."""
    return {}


@lru_cache(maxsize=2)
def _connections(_reference: Reference) -> dict[tuple[int, int, int, int], bytes]:
    """As they were written with this reference, by airport and instant of landing and of leaving."""
    return {}


@lru_cache(maxsize=2)
def _terms(_reference: Reference) -> dict[tuple[str, Party], dict[int, WrittenTerms]]:
    """As they were written with this reference, by cabin and party, then by the key of the fare family."""
    return {}


def _terms_of(found: Found) -> dict[int, WrittenTerms]:
    cabin, party = asked = found.query.cabin, found.query.party
    known = _terms(found.reference)
    if asked not in known:
        known[asked] = {
            pk: WrittenTerms(
                orjson.dumps({"cabin": cabin, "family": family.code, "conditions": conditions_as_dict(family)})[1:-1],
                terms_text(cabin=cabin, family=family.code, party=party),
            )
            for pk, family in found.reference.families.items()
        }
    return known[asked]


def _make_room(written: dict[Any, Any]) -> None:
    if len(written) >= REMEMBERED:
        written.clear()
