"""Places as travellers name them: an airport's code, a city's code, or a city's name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from airlines.models import Airport

CODE_IN_BRACKETS = re.compile(r"\(([A-Za-z]{3})\)\s*$")
SUGGESTIONS = 10


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


def find_place(words: str) -> Place | None:
    """The place meant by `DEL`, `del`, `New Delhi` or `New Delhi (DEL)`; None where there is none or several."""
    bracketed = CODE_IN_BRACKETS.search(words)
    words = bracketed.group(1) if bracketed else words.strip()
    if len(words) == 3:  # noqa: PLR2004 -- the length of an IATA code
        airports = list(Airport.objects.at_place(words.upper()).select_related("city"))
        if airports:
            return _place(words.upper(), airports)
    airports = list(Airport.objects.filter(city__name__iexact=words).select_related("city"))
    cities = {airport.city_id for airport in airports}
    return _place(airports[0].city.code, airports) if len(cities) == 1 else None


def suggest_places(words: str) -> list[Place]:
    """Up to ten places for what somebody has typed so far, best match first; a city of several airports first."""
    airports = list(Airport.objects.matching(words)[:SUGGESTIONS]) if words.strip() else []
    return list(_with_cities(airports))[:SUGGESTIONS]


def _with_cities(airports: Iterable[Airport]) -> Iterable[Place]:
    seen: set[int] = set()
    for airport in airports:
        siblings = [other for other in airports if other.city_id == airport.city_id]
        if airport.city_id not in seen and len(siblings) > 1:
            yield _place(airport.city.code, siblings)
        seen.add(airport.city_id)
        yield _place(airport.iata, [airport])


def _place(code: str, airports: list[Airport]) -> Place:
    """The place that `code` names; `airports` are those it may mean."""
    exact = [airport for airport in airports if airport.iata == code]
    city = airports[0].city
    is_city = code == city.code and len(airports) > 1
    if is_city or not exact:
        return Place(code, city.name, city.name, city.country, "city", tuple(airports))
    return Place(code, exact[0].name, city.name, city.country, "airport", (exact[0],))
