"""Places as travellers name them: an airport's or a city's code, or a city's name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Func, Value

from airlines.models import Airport

CODE_IN_BRACKETS = re.compile(r"\(([A-Za-z]{3})\)\s*$")


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
    """The place meant by `DEL`, `del`, `New Delhi`, `sao paulo`, `New Delhi (DEL)` or by words that only one
    city has: `delhi`, `Bombay`, `heathrow`; None for none or several."""
    bracketed = CODE_IN_BRACKETS.search(words)
    words = bracketed.group(1) if bracketed else words.strip()
    if len(words) == 3:  # noqa: PLR2004 -- the length of an IATA code
        airports = list(Airport.objects.at_place(words.upper()).select_related("city"))
        if airports:
            return place_of(words.upper(), airports)
    named = Func(Func(Value(words), function="place_words"), function="ltrim")
    airports = list(Airport.objects.filter(words__city_name=named).select_related("city"))
    airports = airports or list(Airport.objects.called(words).select_related("city"))
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
