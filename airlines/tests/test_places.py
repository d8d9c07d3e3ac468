"""Places are found half typed, in any order of words, misspelt, with or without accents; codes first."""

from random import Random
from threading import Barrier, Thread

import pytest
from airportsdata import load
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from airlines.models import Airport, AirportWords, City, Country
from airlines.services.gazetteer import suggest_places
from airlines.services.places import find_place
from airlines.tests.factories import AirportFactory, CityFactory
from airlines.tests.races import PATIENCE, somebody_waits
from airlines.tests.reading import read
from flights_project.local.server import wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> None:
    """Places that are easily mixed up. The countries come with the migrations."""
    for iata in ("DEL", "BOM", "BLR", "LHR", "LGW", "JFK"):
        AirportFactory(iata=iata)
    airport("GOI", "Goa", "IN", "Dabolim Airport")
    airport("GOA", "Genoa", "IT", "Cristoforo Colombo Airport")
    airport("GRU", "São Paulo", "BR", "Guarulhos International Airport")
    airport("ZRH", "Zürich", "CH", "Zürich-Kloten Airport")
    airport("XIY", "Xi'an", "CN", "Xianyang International Airport")
    airport("SYD", "Sydney", "AU", "Kingsford Smith Airport")


def airport(iata: str, city: str, country: str, name: str) -> Airport:
    return AirportFactory.create(
        iata=iata,
        icao=f"Z{iata}",
        name=name,
        city=CityFactory(code=iata, name=city, country=country),
        latitude=0,
        longitude=0,
        zone="UTC",
    )


def codes(typed: str, **kwargs: bool) -> list[str]:
    return [place.code for place in suggest_places(typed, **kwargs)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("bom", "BOM"),
        ("lon", "LON"),
        ("mumb", "BOM"),
        ("new y", "NYC"),
        ("airport mumbai", "BOM"),
        ("mumbai airport", "BOM"),
        ("india goa", "GOI"),
        ("goa", "GOA"),
        ("sao paulo", "GRU"),
        ("São Paulo", "GRU"),
        ("Sa\u0303o", "GRU"),
        ("zurich", "ZRH"),
        ("ZÜRICH kloten", "ZRH"),
        ("xian", "XIY"),
        ("xi'an", "XIY"),
        ("mumbia", "BOM"),
        ("dehli", "DEL"),
        ("bangalore bengaluri", None),
        ("bengaluri", "BLR"),
        ("sidney", "SYD"),
        ("heathrwo", None),
        ("uk", "GB"),
        ("england", "GB"),
        ("switz", "CH"),
        ("united kin", "GB"),
    ],
)
def test_the_best_match_comes_first(world, typed, first):
    if first == "NYC":
        AirportFactory(iata="EWR", icao="KEWR", name="Newark", city=City.objects.get(code="NYC"), latitude=40,
                       longitude=-74, zone="America/New_York")  # fmt: skip

    assert next(iter(codes(typed)), None) == first


@pytest.mark.parametrize("typed", ["दिल्ली", "दिल", "नई दिल्ली", "दि\u200dल्ली", "DILLI दिल्ली"])
def test_a_city_is_found_by_its_name_in_another_script(world, typed):
    City.objects.filter(code="DEL").update(other_names="Dilli नई दिल्ली")

    assert codes(typed) == ["DEL"]


def test_what_was_misspelt_is_found_among_other_names_too(world):
    airport("BKK", "Bangkok", "TH", "Suvarnabhumi Airport")
    City.objects.filter(code="BLR").update(other_names="Bangalore")

    assert codes("banglore")[0] == "BLR"


def test_a_code_comes_before_a_country_and_its_airports(world):
    assert codes("in")[0] == "IN"
    assert codes("india") == ["IN", "BLR", "GOI", "BOM", "DEL"]
    assert codes("india", countries=False) == ["BLR", "GOI", "BOM", "DEL"]


def test_a_city_of_several_airports_comes_before_them(world):
    city, *airports = suggest_places("london")

    assert (city.kind, city.code, city.label, city.airports) == ("city", "LON", "London (LON)", ("LGW", "LHR"))
    assert [place.label for place in airports] == ["London (LGW)", "London (LHR)"]
    assert codes("london airport lhr") == ["LHR"]


def test_a_country_is_suggested_where_it_has_airports(world):
    (country, *_rest) = suggest_places("switz")

    assert (country.kind, country.code, country.label, country.country_name) == (
        "country",
        "CH",
        "Switzerland",
        "Switzerland",
    )
    assert codes("germany") == []


@pytest.mark.parametrize(
    "typed", ["", "   ", "\0", "\0\0 \0", "%%%", "___", "--", "🛫", "東京", "zzzzqq", "'", "\\", "(z|q"]
)
def test_nothing_known_suggests_nothing(world, typed):
    assert codes(typed) == []


def test_a_very_long_input_is_cut(world, keep_reference, django_assert_num_queries):
    keep_reference()
    suggest_places("what is read once")
    with django_assert_num_queries(1):
        assert codes("mumbai " + "x" * 10_000) == []
    assert codes("mumbai" + " bom" * 5000)[0] == "BOM"


@pytest.mark.parametrize(
    ("typed", "statements"), [("del", 0), ("india goa", 0), ("xi'an", 0), ("São Paulo", 1), ("mumbia", 1)]
)
def test_the_database_is_asked_for_accents_and_typing_errors_only(
    world, keep_reference, django_assert_num_queries, typed, statements
):
    keep_reference()
    suggest_places("what is read once")

    with django_assert_num_queries(statements):
        assert suggest_places(typed)


BEGUN = """
    WITH typed AS (SELECT string_to_array(%(words)s, ' ') AS list, %(words)s AS phrase), found AS (
        SELECT CASE
            WHEN iata = ANY (list) THEN 0
            WHEN city_code = ANY (list) THEN 1
            WHEN iata LIKE phrase || '%%' OR city_code LIKE phrase || '%%' THEN 2
            WHEN city_name LIKE phrase || '%%' THEN 3
            ELSE 5
        END AS rank, city_name, iata
        FROM airlines_airportwords, typed
        WHERE (SELECT bool_and(words LIKE '%% ' || word || '%%') FROM unnest(list) word)
    )
    SELECT upper(iata) FROM found ORDER BY rank, city_name COLLATE "C", iata LIMIT 10
"""
"""By looking at every airport."""


def test_what_is_in_memory_finds_what_looking_at_every_airport_would(keep_reference):
    inputs = names_of_the_world()
    keep_reference()

    for words in inputs:
        with connection.cursor() as cursor:
            cursor.execute(BEGUN, {"words": words})
            expected = [code for (code,) in cursor.fetchall()]
        suggested = suggest_places(words, countries=False)
        found = [each for each in suggested if each.kind == "airport"]
        cities = [each for each in suggested if each.kind == "city"]
        assert expected, words
        assert [each.code for each in found] == expected[: 10 - len(cities)], words


def names_of_the_world() -> list[str]:
    """Writes several hundred real airports; returns what may be typed to find some of them."""
    world = [facts for facts in load("IATA").values() if facts["country"] in {"IS", "PT", "CH", "IN", "JP"}]
    City.objects.bulk_create(City(code=each["iata"], name=each["city"], country=each["country"]) for each in world)
    cities = dict(City.objects.values_list("code", "pk"))
    Airport.objects.bulk_create(
        Airport(
            city_id=cities[each["iata"]],
            iata=each["iata"],
            icao=f"Z{each['iata']}",
            name=each["name"],
            latitude=each["lat"],
            longitude=each["lon"],
            zone=each["tz"],
        )
        for each in world
    )
    chance = Random(7)
    typed = set()
    for each in AirportWords.objects.all():
        words = each.words.split()
        typed |= {each.iata, each.city_name[: chance.randint(1, 9)].strip(), chance.choice(words)[:2]}
        typed.add(" ".join(chance.sample(words, 3)))
    return sorted(typed - {""})[::5]


class AnyInput(TestCase):
    @given(st.text(max_size=80))
    def test_is_answered(self, typed):
        assert suggest_places(typed) == []


def test_a_renamed_city_country_or_airport_is_found_by_its_new_name(world):
    City.objects.filter(code="BLR").update(name="Bangalore")
    City.objects.filter(code="BOM").update(other_names="Bombay")
    Country.objects.filter(code="BR").update(other_names="Brasil")
    Airport.objects.filter(iata="DEL").update(name="Indira Gandhi")
    Airport.objects.filter(iata="BLR").update(name="Kempegowda")

    assert codes("bangal") == ["BLR"]
    assert codes("bomba") == ["BOM"]
    assert codes("brasil") == ["BR", "GRU"]
    assert codes("gandhi") == ["DEL"]
    assert find_place("Bengaluru") is None


def test_an_airport_that_moves_city_or_goes_is_no_longer_found_there(world):
    Airport.objects.filter(iata="LGW").update(city=City.objects.get(code="ZRH"))
    Airport.objects.get(iata="LHR").delete()

    assert codes("united kingdom") == []
    assert codes("zur") == ["ZRH", "LGW", "ZRH"]


@pytest.mark.parametrize("words", ["São Paulo", "sao paulo", "SAO  PAULO", "Sao Paulo (GRU)", "gru"])
def test_a_place_is_meant_with_and_without_accents(world, words):
    place = find_place(words)

    assert place is not None
    assert place.code == "GRU"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("paulo", "GRU"),
        ("Delhi", "DEL"),
        ("delhi airport", "DEL"),
        ("Bombay", "BOM"),
        ("मुंबई", "BOM"),
        ("kloten", "ZRH"),
        ("goa dabolim", "GOI"),
        ("england", "LON"),
    ],
)
def test_a_place_is_meant_by_words_that_only_one_city_has(world, words, code):
    City.objects.filter(code="BOM").update(other_names="Bombay मुंबई")

    place = find_place(words)

    assert place is not None
    assert place.code == code


@pytest.mark.parametrize("words", ["", " ", "--", "Atlantis", "XYZ", "Pau", "'", "airport", "new", "india"])
def test_no_place_is_meant_by_what_is_not_one(world, words):
    assert find_place(words) is None


def test_a_name_of_two_cities_means_none(world):
    airport("ZRX", "Zurich", "US", "Zurich Municipal")

    assert find_place("Zurich") is None


@pytest.mark.django_db(transaction=True)
def test_an_airport_added_while_its_city_is_renamed_has_the_new_name():
    city = CityFactory(code="BLR", name="Bangalore")
    renamed = Barrier(2, timeout=PATIENCE)

    def add() -> None:
        renamed.wait()
        AirportFactory(iata="BLR", city=city)
        connection.close()

    adding = Thread(target=add)
    adding.start()
    with transaction.atomic():
        City.objects.filter(pk=city.pk).update(name="Bengaluru")
        renamed.wait()
        assert wait_until(somebody_waits, PATIENCE)  # as nobody would without the lock in the trigger
    adding.join(PATIENCE)

    assert AirportWords.objects.get(iata="blr").city_name == "bengaluru"


class TestDoors:
    def test_the_api_says_what_each_is(self, api, world):
        answer = api.get("/api/v1/places/", {"q": "switzerland"}).json()["results"]

        assert answer == [
            {
                "code": "CH",
                "name": "Switzerland",
                "city": "",
                "country": "CH",
                "country_name": "Switzerland",
                "kind": "country",
                "airports": [],
            },
            {
                "code": "ZRH",
                "name": "Zürich-Kloten Airport",
                "city": "Zürich",
                "country": "CH",
                "country_name": "Switzerland",
                "kind": "airport",
                "airports": [],
            },
        ]

    @pytest.mark.parametrize(
        ("asked", "named"), [({}, "q"), ({"q": ["a", "b"]}, "q"), ({"q": "a", "words": "b"}, "words")]
    )
    def test_the_api_names_what_is_wrong(self, api, asked, named):
        answer = api.get("/api/v1/places/", asked)

        assert (answer.status_code, list(answer.json()["errors"])) == (400, [named])

    def test_the_search_box_offers_what_can_be_searched(self, client, world):
        page = client.get("/places/suggestions/", {"q": "india"})

        assert 'data-value="Mumbai (BOM)"' in page.content.decode()
        assert 'data-value="India"' not in page.content.decode()
        assert "India" in read(page).words

    def test_staff_name_countries(self, page_of, agent, world):
        answer = page_of(agent).post("/admin/airlines/country/CH/change/", {"code": "CH", "name": "Schweiz"})

        assert answer.status_code == 302
        assert codes("schweiz") == ["CH", "ZRH"]
