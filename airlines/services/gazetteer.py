"""Type-ahead: the names of all airports, cities and countries in memory, found by how their words begin.

Places change hardly ever and are asked for at each letter, so nothing is asked of the database but what is spelt alike:
PostgreSQL's trigrams say which known words a word may mean that no place has. The words are those that triggers keep
(`models/network.py`), read again when the reference is.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import chain
from typing import NamedTuple
from unicodedata import category, normalize

from django.db import connection

from airlines.models import Airport, AirportWords, Country
from airlines.services.reference import Reference, current

APOSTROPHES = "'’`"
SUGGESTIONS = 10
TYPED_AT_MOST = 60
WORDS_AT_MOST = 6
"""What is typed beyond these is not looked at: no input makes long work."""
ALIKE = """
SET LOCAL pg_trgm.word_similarity_threshold = 0.42;
SELECT typed, near.word, near.likeness
FROM unnest(%s::text[]) typed, LATERAL (
    SELECT word, word_similarity(typed, word) AS likeness
    FROM airlines_placeword WHERE word %%> typed ORDER BY likeness DESC, word LIMIT 6
) near
"""
"""Six known words at most that each may mean. `mumbia` has 4 of its 7 trigrams with Mumbai."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What somebody may mean: an airport, a city of several airports, or a country that flights go to.

    `code` is of IATA, or a country's two letters of ISO 3166-1; `airports` are the codes of those of a city.
    """

    code: str
    name: str
    city: str
    country: str
    country_name: str
    kind: str
    airports: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """As boxes show and accept it: `Mumbai (BOM)`, `India`."""
        return self.name if self.kind == "country" else f"{self.city} ({self.code})"


def suggest_places(typed: str, *, countries: bool = True) -> list[Suggestion]:
    """Up to ten places for what somebody has typed so far, best match first; a city of several airports before them.

    Words may come in any order and without their accents; `countries` are left out on request.
    """
    words = _words_of(typed)
    if not words:
        return []
    known = gazetteer(current())
    found = known.airports_begun_by(words) or known.airports_alike(words, _alike(words))
    if countries:
        found += known.countries_begun_by(words)
    return list(_suggestions([each.named for each in sorted(found)]))[:SUGGESTIONS]


def _words_of(typed: str) -> list[str]:
    """What was typed as places keep their words: small letters, no accents or apostrophes."""
    said = "".join(map(_within_a_word, normalize("NFKC", typed[:TYPED_AT_MOST]).lower()))
    plain = said if said.isascii() else _without_accents(said)
    return list(dict.fromkeys(plain.split()))[:WORDS_AT_MOST]


def _within_a_word(sign: str) -> str:
    """A letter, a digit or a vowel's sign as it is; nothing for what joins letters; a space for what parts words."""
    if sign.isalnum() or category(sign).startswith("M"):
        return sign
    return "" if sign in APOSTROPHES or category(sign) == "Cf" else " "


def _without_accents(said: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT place_words(%s)", [said])
        plain: str = cursor.fetchone()[0]
        return plain


def _alike(words: Sequence[str]) -> dict[str, list[tuple[str, float]]]:
    """Words that each may mean, and how alike they are, 1 at most: those that share trigrams, and two neighbouring
    letters in the other order, which trigrams of short words do not forgive (`dehli`)."""
    meant = {word: [(other, 1.0) for other in _with_two_letters_swapped(word)] for word in words}
    with connection.cursor() as cursor:
        cursor.execute(ALIKE, [list(words)])
        for word, other, likeness in cursor.fetchall():
            meant[word].append((other, likeness))
    return meant


def _with_two_letters_swapped(word: str) -> list[str]:
    return [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]


class Named(NamedTuple):
    """An airport under the name of its city, or a country under its own, with an empty `code`. The name is in small
    letters without accents; in this order they are shown."""

    sorted_as: str
    code: str
    name: str
    city: str
    city_code: str
    country: str
    country_name: str


class Rank(IntEnum):
    """How well something fits what was typed."""

    CODE, WHOLE, CODE_BEGINS, NAME_BEGINS, COUNTRY, WORDS, ALIKE = range(7)


class Found(NamedTuple):
    """Of these the least is the best."""

    rank: Rank
    unlikeness: float
    named: Named


class _Texts:
    """Numbers of airports by a text of theirs, found by the whole of it or its beginning."""

    def __init__(self, numbered: Iterable[tuple[str, int]]) -> None:
        self._numbers: dict[str, list[int]] = {}
        for text, number in numbered:
            self._numbers.setdefault(text, []).append(number)
        self._texts = sorted(self._numbers)

    def of(self, text: str) -> Sequence[int]:
        return self._numbers.get(text, ())

    def begun_by(self, beginning: str) -> set[int]:
        first = bisect_left(self._texts, beginning)
        last = bisect_left(self._texts, beginning + chr(0x10FFFF), lo=first)
        return set(chain.from_iterable([self._numbers[text] for text in self._texts[first:last]]))


class Gazetteer:
    """Airports with all the words that they are found by, and the countries that flights go to with theirs; of both a
    space stands before each word."""

    def __init__(self, airports: Iterable[tuple[Named, str]], countries: Iterable[tuple[Named, str]]) -> None:
        in_order = sorted(airports)
        self._airports = [named for named, _words in in_order]
        self._countries = list(countries)
        numbered = list(enumerate(self._airports))
        self._words = _Texts((word, n) for n, (_, words) in enumerate(in_order) for word in set(words.split()))
        self._codes = _Texts((named.code.lower(), n) for n, named in numbered)
        self._city_codes = _Texts((named.city_code.lower(), n) for n, named in numbered)
        self._names = _Texts((named.sorted_as, n) for n, named in numbered)

    def airports_begun_by(self, words: Sequence[str]) -> list[Found]:
        """The best airports of whose words each of `words` begins one: by their code, by their city's, by the beginning
        of either, of the city's name, and then all others."""
        left = set.intersection(*map(self._words.begun_by, words))
        phrase = " ".join(words)
        ranks: dict[Rank, Iterable[int]] = {
            Rank.CODE: chain.from_iterable(map(self._codes.of, words)),
            Rank.WHOLE: chain.from_iterable(map(self._city_codes.of, words)),
            Rank.CODE_BEGINS: self._codes.begun_by(phrase) | self._city_codes.begun_by(phrase),
            Rank.NAME_BEGINS: self._names.begun_by(phrase),
            Rank.WORDS: left.copy(),
        }
        found: list[Found] = []
        for rank, numbers in ranks.items():
            best = sorted(left.intersection(numbers))[: SUGGESTIONS - len(found)]
            left.difference_update(best)
            found += [Found(rank, 0, self._airports[n]) for n in best]
        return found

    def airports_alike(self, words: Sequence[str], meant: Mapping[str, Iterable[tuple[str, float]]]) -> list[Found]:
        """The airports that have something alike for each of `words`, the most alike first."""
        likenesses = [self._likeness(meant[word]) for word in words]
        all_of_them = set.intersection(*map(set, likenesses))
        found = [
            Found(Rank.ALIKE, -sum(each[n] for each in likenesses), self._airports[n]) for n in sorted(all_of_them)
        ]
        return sorted(found)[:SUGGESTIONS]

    def _likeness(self, meant: Iterable[tuple[str, float]]) -> dict[int, float]:
        """Of each airport that has one of these words, that of the most alike."""
        best: dict[int, float] = {}
        for word, likeness in meant:
            for number in self._words.of(word):
                best[number] = max(likeness, best.get(number, 0.0))
        return best

    def countries_begun_by(self, words: Sequence[str]) -> list[Found]:
        phrase = " " + " ".join(words)
        return [
            Found(_rank_of_country(named_so, phrase), 0, named)
            for named, named_so in self._countries
            if all(f" {word}" in named_so for word in words)
        ]


def _rank_of_country(words: str, phrase: str) -> Rank:
    if f"{phrase} " in f"{words} ":
        return Rank.WHOLE
    return Rank.NAME_BEGINS if words.startswith(phrase) else Rank.COUNTRY


@lru_cache(maxsize=2)
def gazetteer(reference: Reference) -> Gazetteer:
    """Of the airports of `reference`."""
    countries = {country.code: country for country in Country.objects.all()}
    words = AirportWords.objects.values_list("airport_id", "city_name", "words")
    airports = reference.airports
    flown_to = {airport.city.country for airport in airports.values()}
    return Gazetteer(
        [(_airport(airports[pk], city_name, countries), words) for pk, city_name, words in words if pk in airports],
        [(_country(country), country.words) for code, country in countries.items() if code in flown_to],
    )


def _airport(airport: Airport, city_name: str, countries: Mapping[str, Country]) -> Named:
    city = airport.city
    country = countries.get(city.country)
    return Named(
        sorted_as=city_name,
        code=airport.iata,
        name=airport.name,
        city=city.name,
        city_code=city.code,
        country=city.country,
        country_name=country.name if country else "",
    )


def _country(country: Country) -> Named:
    return Named(country.words.lstrip(), "", country.name, "", "", country.code, country.name)


def _suggestions(found: Sequence[Named]) -> Iterator[Suggestion]:
    seen: set[str] = set()
    for each in found:
        of_country = each.country, each.country_name
        if not each.code:
            yield Suggestion(each.country, each.name, "", *of_country, kind="country")
            continue
        siblings = tuple(other.code for other in found if other.code and other.city_code == each.city_code)
        if each.city_code not in seen and len(siblings) > 1:
            yield Suggestion(each.city_code, each.city, each.city, *of_country, kind="city", airports=siblings)
        seen.add(each.city_code)
        yield Suggestion(each.code, each.name, each.city, *of_country, kind="airport")
