from datetime import date
from importlib import import_module

import pytest
from django.apps import apps

from airlines.services.pricing import Party
from airlines.tests.factories import make_flight
from bookings.services.travellers import age_on, check_travellers, letters_of
from bookings.tests.factories import adult, child, infant, make_hold
from flights_project.lib.errors import InvalidRequest

LAST_FLIGHT, TODAY = date(2026, 12, 20), date(2026, 11, 20)


def check(*travellers, party=None):
    types = [each.type for each in travellers]
    party = party or Party(types.count("adult"), types.count("child"), types.count("infant"))
    return check_travellers(travellers, party=party, last_flight_on=LAST_FLIGHT, today=TODAY)


def faults(*travellers, **kwargs):
    with pytest.raises(InvalidRequest) as raised:
        check(*travellers, **kwargs)
    return raised.value.errors


@pytest.mark.parametrize(
    ("day", "born_on", "age"),
    [
        (date(2026, 12, 20), date(2014, 12, 20), 12),
        (date(2026, 12, 20), date(2014, 12, 21), 11),
        (date(2027, 2, 28), date(2024, 2, 29), 2),
        (date(2028, 2, 29), date(2024, 2, 29), 4),
    ],
)
def test_age_is_full_years(day, born_on, age):
    assert age_on(day, born_on) == age


@pytest.mark.parametrize(
    ("make", "born_on"),
    [
        (adult, date(2014, 12, 20)),
        (child, date(2014, 12, 21)),
        (child, date(2024, 12, 20)),
    ],
)
def test_type_counts_on_the_day_of_the_last_flight(make, born_on):
    assert check(adult(), make(born_on=born_on))


def test_an_infant_has_not_had_its_second_birthday_on_the_last_flight():
    assert check(adult(), infant(born_on=date(2024, 12, 21)))
    assert (
        "a child (2 to 11), not an infant"
        in faults(adult(), infant(born_on=LAST_FLIGHT.replace(year=2024)))["passengers[1].born_on"][0]
    )


def test_a_child_travels_as_an_adult_from_twelve_and_an_adult_is_no_child():
    assert "passengers[1].born_on" in faults(adult(), child(born_on=date(2010, 1, 1)))
    assert "passengers[0].born_on" in faults(adult(born_on=date(2020, 1, 1)))


@pytest.mark.parametrize("born_on", [date(2026, 11, 21), date(1900, 1, 1)])
def test_nobody_is_born_tomorrow_or_long_ago(born_on):
    assert "passengers[0].born_on" in faults(adult(born_on=born_on))


def test_travellers_are_those_of_the_offer():
    assert faults(adult(), adult(), party=Party(1, 1)) == {
        "passengers": ["The offer is for 1 adult, 1 child: enter exactly these travellers."]
    }


def test_infants_sit_on_the_lap_named_or_the_first_free_one():
    seated = check(adult(), adult(), adult(), infant(with_adult=0), infant())

    assert [each.with_adult for each in seated] == [None, None, None, 0, 1]


@pytest.mark.parametrize("lap", [1, 7])
def test_a_lap_is_an_adults(lap):
    assert "passengers[2].with_adult" in faults(adult(), child(), infant(with_adult=lap))


def test_one_infant_on_a_lap():
    errors = faults(adult(), adult(), infant(with_adult=0), infant(with_adult=0))

    assert errors == {"passengers[3].with_adult": ["There is already an infant on this adult's lap."]}


@pytest.mark.parametrize(
    ("given", "family"),
    [("José", "O'Brien-Núñez"), ("jose", "obrien nunez".title()), ("JOSE", "O’BRIEN NUÑEZ")],
)
def test_a_person_is_the_same_however_the_name_is_typed(given, family):
    written = adult(given_name="Jose", family_name="O Brien Nunez").identity

    assert adult(given_name=given, family_name=family).identity == written


@pytest.mark.parametrize("changes", [{"given_name": "Josef"}, {"family_name": "Brien"}, {"born_on": date(1990, 4, 6)}])
def test_other_names_or_birthdays_are_other_people(changes):
    person = {"given_name": "Jose", "family_name": "O Brien"}

    assert adult(**person).identity != adult(**(person | changes)).identity


@pytest.mark.parametrize(
    ("one", "other"), [("रमा", "रीमा"), ("रमा", "राम"), ("राम", "रमा"), ("কমলা", "কমল"), ("நிலா", "நீலா"), ("かき", "がき")]
)
def test_vowel_signs_tell_people_apart(one, other):
    assert adult(given_name=one, family_name="शर्मा").identity != adult(given_name=other, family_name="शर्मा").identity


@pytest.mark.parametrize(
    ("one", "other"),
    [("फ़िरोज़", "फिरोज"), ("रमा देवी", "रमादेवी"), ("Ёлкин", "елкин"), ("Ελένη", "ελενη"), ("مُحَمَّد", "محمد")],
)
def test_signs_that_are_left_out_tell_nobody_apart(one, other):
    assert letters_of(one) == letters_of(other)


def test_two_people_with_hindi_names_travel_together():
    party = [adult(given_name=name, family_name="शर्मा") for name in ("रमा", "रीमा")]

    assert check(*party) == party


@pytest.mark.django_db
def test_who_was_booked_before_is_reckoned_again(traveller, in_a_month, now):
    people = [adult(given_name="रमा", family_name="शर्मा"), adult(given_name="José"), adult()]
    booking = make_hold(traveller, make_flight(departs_at=in_a_month), now=now, travellers=people)
    booking.coupons.filter(passenger__position=0).update(identity="0" * 64)

    import_module("bookings.migrations.0012_tell_vowel_signs_apart").reckon_again(apps, None)

    kept = booking.coupons.order_by("passenger__position").values_list("identity", flat=True)
    assert list(kept) == [person.identity for person in people]


@pytest.mark.parametrize(
    "name", ["X", "O", "Ng", "María-José", "D’Souza", "कमल", "van der Berg", "S/O Ravi", "Smith Jr."]
)
def test_real_names_are_names(name):
    assert check(adult(given_name=name, family_name=name))


@pytest.mark.parametrize("name", ["", "7", "- -", "!!", "Ra\u200bvi", "Ra\nvi"])
def test_what_has_no_letter_or_cannot_be_printed_is_no_name(name):
    assert "passengers[0].given_name" in faults(adult(given_name=name))


def test_nobody_is_entered_twice():
    person = adult()

    assert "passengers[1].given_name" in faults(person, person)
