"""Places as travellers name them: an airport's or a city's code, a city's name, a country; half typed or misspelt."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from unicodedata import normalize

from django.db import connection
from django.db.models import Func, Value

from airlines.models import Airport

CODE_IN_BRACKETS = re.compile(r"\(([A-Za-z]{3})\)\s*$")
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
SUGGESTIONS = 10
TYPED_AT_MOST = 60
WORDS_AT_MOST = 6
"""What is typed beyond these is not looked at: no input makes a long statement."""
NEAREST = 6
"""Known words that a misspelt one may mean."""
ALIKE_ENOUGH = 0.42
"""Trigrams of a typed word that are also in a name: `mumbia` has 4 of its 7 with Mumbai."""


@dataclass(frozen=True, slots=True)
class Place:
    """An airport, or a city with all of its airports."""

    code: str
    name: str
    city: str
    country: str
    kind: str
    airports: tuple[Airport, ...]

    @property
    def label(self) -> str:
        """As the search box shows and accepts it: `Mumbai (BOM)`."""
        return f"{self.city} ({self.code})"

    @property
    def airport_ids(self) -> list[int]:
        return [airport.pk for airport in self.airports]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What somebody may mean: an airport, a city of several airports, or a country that flights go to.

    `code` is of IATA, or a country's two letters of ISO 3166-1; `airports` are the codes of those of a city.
    """

    kind: str
    code: str
    name: str
    city: str
    country: str
    country_name: str
    airports: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """As boxes show and accept it: `Mumbai (BOM)`, `India`."""
        return self.name if self.kind == "country" else f"{self.city} ({self.code})"


def find_place(words: str) -> Place | None:
    """The place meant by `DEL`, `del`, `New Delhi`, `sao paulo` or `New Delhi (DEL)`; None for none or several."""
    bracketed = CODE_IN_BRACKETS.search(words)
    words = bracketed.group(1) if bracketed else words.strip()
    if len(words) == 3:  # noqa: PLR2004 -- the length of an IATA code
        airports = list(Airport.objects.at_place(words.upper()).select_related("city"))
        if airports:
            return place_of(words.upper(), airports)
    named = Func(Func(Value(words), function="place_words"), function="ltrim")
    airports = list(Airport.objects.filter(words__city_name=named).select_related("city"))
    cities = {airport.city_id for airport in airports}
    return place_of(airports[0].city.code, airports) if len(cities) == 1 else None


def place_of(code: str, airports: Sequence[Airport]) -> Place:
    """The place that `code` names; `airports` are those it may mean."""
    exact = [airport for airport in airports if airport.iata == code]
    city = airports[0].city
    is_city = code == city.code and len(airports) > 1
    if is_city or not exact:
        return Place(code, city.name, city.name, city.country, "city", tuple(airports))
    return Place(code, exact[0].name, city.name, city.country, "airport", (exact[0],))


FOUND = """
WITH typed AS (
    SELECT array_agg(ltrim(place_words(word)) ORDER BY at) AS list,
        string_agg(ltrim(place_words(word)), ' ' ORDER BY at) AS phrase
    FROM unnest(%(words)s::text[]) WITH ORDINALITY given (word, at)
), exact AS (
    SELECT airport_id, city_name, iata, CASE
        WHEN iata = ANY (typed.list) THEN 0
        WHEN city_code = ANY (typed.list) THEN 1
        WHEN iata LIKE typed.phrase || '%%' OR city_code LIKE typed.phrase || '%%' THEN 2
        WHEN city_name LIKE typed.phrase || '%%' THEN 3
        ELSE 5
    END AS rank
    FROM airlines_airportwords, typed
    WHERE {all_of_them}
    ORDER BY rank, city_name, iata
    LIMIT %(limit)s
), meant AS (
    SELECT typed_word, near.word, word_similarity(typed_word, near.word) AS likeness
    FROM typed, unnest(list) typed_word, LATERAL (
        SELECT word FROM airlines_placeword ORDER BY word <->> typed_word LIMIT %(nearest)s
    ) near
    WHERE NOT EXISTS (SELECT FROM exact) AND word_similarity(typed_word, near.word) >= %(alike_enough)s
    UNION ALL
    SELECT ltrim(place_words(word)), ltrim(place_words(swapped)), 1
    FROM unnest(%(swappable)s::text[], %(swapped)s::text[]) given (word, swapped)
    WHERE NOT EXISTS (SELECT FROM exact)
), alike AS (
    SELECT airport_id, sum(likeness) AS likeness
    FROM (
        SELECT airport_id, typed_word, max(likeness) AS likeness
        FROM meant JOIN airlines_airportwords ON string_to_array(words, ' ') @> ARRAY[meant.word]
        GROUP BY airport_id, typed_word
    ) each
    GROUP BY airport_id
    HAVING count(*) = (SELECT cardinality(list) FROM typed)
    ORDER BY likeness DESC, airport_id
    LIMIT %(limit)s
), found AS (
    SELECT airport_id, rank, 0 AS unlikeness FROM exact
    UNION ALL
    SELECT airport_id, 6, -likeness FROM alike
)
SELECT rank, unlikeness, city.name AS city, airport.iata AS code, airport.name, city.code AS city_code,
    city.country, coalesce(country.name, '') AS country_name
FROM found
JOIN airlines_airport airport ON airport.id = found.airport_id
JOIN airlines_city city ON city.id = airport.city_id
LEFT JOIN airlines_country country ON country.code = city.country
UNION ALL
SELECT CASE
        WHEN country.words || ' ' LIKE '%% ' || typed.phrase || ' %%' THEN 1
        WHEN country.words LIKE ' ' || typed.phrase || '%%' THEN 3
        ELSE 4
    END, 0, country.name, '', '', '', country.code, country.name
FROM airlines_country country, typed
WHERE {all_of_them} AND EXISTS (
    SELECT FROM airlines_city city JOIN airlines_airport airport ON airport.city_id = city.id
    WHERE city.country = country.code
)
ORDER BY rank, unlikeness, city, code
"""
"""Airports and countries for what is typed so far, best match first: a code, a city's code, the beginning of a code,
of a name, words anywhere; and only where there is none of these, what is spelt alike."""
LIMITS = {"limit": SUGGESTIONS, "nearest": NEAREST, "alike_enough": ALIKE_ENOUGH}


def suggest_places(typed: str, *, countries: bool = True) -> list[Suggestion]:
    """Up to ten places for what somebody has typed so far, best match first; a city of several airports before them.

    One statement. Words may come in any order and without their accents; `countries` are left out on request.
    """
    words = list(dict.fromkeys(WORD.findall(normalize("NFKC", typed[:TYPED_AT_MOST]).lower())))[:WORDS_AT_MOST]
    if not words:
        return []
    given = {f"word_{at}": word for at, word in enumerate(words)}
    all_of_them = " AND ".join(f"words LIKE '%%' || place_words(%({name})s) || '%%'" for name in given)
    swapped = [(word, other) for word in words for other in _with_two_letters_swapped(word)]
    lists = {
        "words": words,
        "swappable": [word for word, _ in swapped],
        "swapped": [other for _, other in swapped],
    }
    with connection.cursor() as cursor:
        cursor.execute(FOUND.format(all_of_them=all_of_them), LIMITS | given | lists)
        found = [Found(*row[2:]) for row in cursor.fetchall()]
    return list(_suggestions([row for row in found if countries or row.code]))[:SUGGESTIONS]


def _with_two_letters_swapped(word: str) -> list[str]:
    """`delhi` for `dehli`, among others: an error of typing that trigrams of short words do not forgive."""
    return [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]


class Found(NamedTuple):
    """An airport, or with an empty `code` a country."""

    city: str
    code: str
    name: str
    city_code: str
    country: str
    country_name: str


def _suggestions(found: Sequence[Found]) -> Iterable[Suggestion]:
    seen: set[str] = set()
    for row in found:
        if not row.code:
            yield Suggestion("country", row.country, row.country_name, "", row.country, row.country_name)
            continue
        siblings = tuple(other.code for other in found if other.code and other.city_code == row.city_code)
        if row.city_code not in seen and len(siblings) > 1:
            yield Suggestion("city", row.city_code, row.city, row.city, row.country, row.country_name, siblings)
        seen.add(row.city_code)
        yield Suggestion("airport", row.code, row.name, row.city, row.country, row.country_name)
