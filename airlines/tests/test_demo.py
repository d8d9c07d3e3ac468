"""The demo's airline: a timetable that can be flown, prices that can be believed, a load that can be repeated."""

from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import airportsdata
import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db.models import DecimalField, ExpressionWrapper, F, Max, Model

from airlines.demo.fares import CURVES, Curve, Departure, reference_fares, tax_rules
from airlines.demo.fleet import REGISTRATION, TYPES, registrations
from airlines.demo.lines import LINES, rotation
from airlines.demo.network import places
from airlines.demo.people import PASSWORD, PEOPLE
from airlines.demo.timetable import Leg, block_time, legs_leaving
from airlines.models import Airplane, Flight, FlightFare, PricingRule, Schedule, TaxRule
from airlines.services.fleet import CabinPlan, fit_cabins
from airlines.services.flight_making import make_flights
from airlines.services.pricing import Party
from airlines.services.reference import current
from airlines.services.repricing import days_on_sale, reprice_departing
from airlines.services.schedule_conflicts import coming_conflicts
from airlines.services.schedules import pattern_of
from airlines.services.search import SearchQuery, SliceQuery, search
from flights_project.gateway.models import ApiKey, User
from flights_project.gateway.roles import STAFF_ROLES, Role
from flights_project.lib import clock

TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.BASE_DIR = tmp_path
    return tmp_path


@pytest.fixture(scope="module")
def year() -> list[Leg]:
    """Every flight of a year and a bit, which has all daylight-saving changes in it."""
    return list(legs_leaving(TODAY, TODAY + timedelta(days=380)))


def load_demo(**options: Any) -> str:
    output = StringIO()
    call_command("load_demo", **{"days": 2} | options, stdout=output)
    return output.getvalue()


def local(leg: Leg) -> time:
    return leg.departs_at.astimezone(clock.zone(places()[leg.origin].zone)).time()


# --- Network ---------------------------------------------------------------------------------------------------------


def test_about_forty_airports_are_served_to_and_from(year: list[Leg]) -> None:
    assert len(places()) == pytest.approx(40, abs=3)
    assert {leg.origin for leg in year} == {leg.destination for leg in year} == set(places())


def test_cities_are_iatas_metropolitan_areas() -> None:
    for code, area in airportsdata.load_iata_macs().items():
        assert {places()[iata].city_code for iata in area["airports"] if iata in places()} <= {code}


def test_london_and_new_york_have_two_airports() -> None:
    cities = Counter(place.city_code for place in places().values())
    assert {code for code, count in cities.items() if count > 1} == {"LON", "NYC"}


def test_a_city_has_one_name() -> None:
    names = {(place.city_code, place.city, place.country) for place in places().values()}
    assert len(names) == len({place.city_code for place in places().values()})


# --- Timetable -------------------------------------------------------------------------------------------------------


def test_a_day_has_about_250_flights(year: list[Leg]) -> None:
    flights = Counter(leg.departs_on for leg in year)
    assert min(flights.values()) >= 240
    assert max(flights.values()) <= 260


def test_the_timetable_is_the_same_on_every_call_and_from_every_day() -> None:
    whole = list(legs_leaving(TODAY, TODAY + timedelta(days=5)))
    assert whole == list(legs_leaving(TODAY, TODAY + timedelta(days=5)))
    later = [leg for leg in whole if leg.departs_on > TODAY]
    assert sorted(later, key=repr) == sorted(
        legs_leaving(TODAY + timedelta(days=1), TODAY + timedelta(days=5)), key=repr
    )


def test_every_flight_number_keeps_its_local_time_all_year(year: list[Leg]) -> None:
    times = defaultdict(set)
    for leg in year:
        times[leg.number, leg.origin].add(local(leg))
    assert {key: seen for key, seen in times.items() if len(seen) > 1} == {}


@pytest.mark.parametrize(
    ("number", "sunday", "before", "after"),
    [
        pytest.param(112, date(2027, 3, 28), "20:30", "19:30", id="London goes to summer time"),
        pytest.param(102, date(2027, 3, 14), "16:00", "15:00", id="New York goes to summer time"),
        pytest.param(112, date(2027, 10, 31), "19:30", "20:30", id="London goes back"),
        pytest.param(102, date(2027, 11, 7), "15:00", "16:00", id="New York goes back"),
    ],
)
def test_daylight_saving_moves_the_instant_and_not_the_clock(
    year: list[Leg], number: int, sunday: date, before: str, after: str
) -> None:
    legs = {leg.departs_on: leg for leg in year if leg.number == number}
    saturday_leg, sunday_leg = legs[sunday - timedelta(days=1)], legs[sunday]
    assert local(saturday_leg) == local(sunday_leg)
    assert f"{saturday_leg.departs_at:%H:%M}" == before
    assert f"{sunday_leg.departs_at:%H:%M}" == after


def test_a_number_leaves_an_airport_once_a_day_at_most_and_a_daily_one_every_day(year: list[Leg]) -> None:
    assert set(Counter((leg.number, leg.departs_on) for leg in year).values()) == {1}
    days = Counter(leg.number for leg in year)
    daily = [out.number for line in LINES for out in line.rotations if len(out.weekdays) == 7]
    assert {days[number] for out in daily for number in (out, out + 1)} == {381}


def test_no_airplane_is_in_two_places(year: list[Leg]) -> None:
    flown = defaultdict(list)
    for leg in sorted(year, key=lambda leg: leg.departs_at):
        flown[leg.airplane].append(leg)
    for airplane, legs in flown.items():
        rest = registrations()[airplane].turnaround
        for earlier, later in pairwise(legs):
            assert later.origin == earlier.destination, (airplane, earlier, later)
            assert later.departs_at - earlier.arrives_at >= rest, (airplane, earlier, later)


def test_the_turnaround_is_35_minutes_at_least_and_90_where_the_flight_is_long(year: list[Leg]) -> None:
    assert min(kind.turnaround for kind in TYPES.values()) >= timedelta(minutes=35)
    long_haul = {leg.airplane for leg in year if leg.arrives_at - leg.departs_at > timedelta(hours=5)}
    assert {registrations()[airplane].turnaround for airplane in long_haul} == {timedelta(minutes=90)}


def test_an_airplane_is_in_one_line_only() -> None:
    airplanes = [airplane for line in LINES for airplane in line.airplanes]
    assert len(airplanes) == len(set(airplanes))


def test_a_slip_of_the_pen_in_the_sheet_is_named() -> None:
    with pytest.raises(ValueError, match="Not a rotation: 301 Mumbai 0600"):
        rotation("301 Mumbai 0600")


def test_out_is_odd_and_back_is_the_even_number_after() -> None:
    legs = {leg.number: leg for leg in legs_leaving(TODAY, TODAY + timedelta(days=7))}
    for number, leg in legs.items():
        partner = legs[number + 1 if number % 2 else number - 1]
        assert (leg.origin, leg.destination) == (partner.destination, partner.origin)


@pytest.mark.parametrize("route", [("DEL", "BOM"), ("BOM", "DEL")])
def test_delhi_and_mumbai_are_joined_six_times_through_the_day(route: tuple[str, str]) -> None:
    hours = sorted(local(leg).hour for leg in legs_leaving(TODAY, TODAY) if (leg.origin, leg.destination) == route)
    assert len(hours) == 6
    assert hours[0] <= 7
    assert hours[-1] >= 20
    assert max(later - earlier for earlier, later in pairwise(hours)) <= 5


@pytest.mark.parametrize(
    ("route", "hours"),
    [(("DEL", "BOM"), 2), (("DEL", "LHR"), 9), (("DEL", "JFK"), 15), (("DEL", "SYD"), 12.75), (("DEL", "DXB"), 3.25)],
)
def test_block_times_are_what_travellers_know(route: tuple[str, str], hours: float) -> None:
    assert block_time(*route, 830) == pytest.approx(timedelta(hours=hours), abs=timedelta(minutes=20))


def test_westbound_takes_longer() -> None:
    assert block_time("LHR", "JFK", 830) > block_time("JFK", "LHR", 830)


# --- Fares and taxes -------------------------------------------------------------------------------------------------


def departure(number: int = 301, route: tuple[str, str] = ("DEL", "BOM"), hour: int = 9) -> Departure:
    return Departure(number=number, origin=route[0], destination=route[1], hour=hour)


def test_the_same_flight_always_starts_from_the_same() -> None:
    assert list(reference_fares(departure(), "economy")) == list(reference_fares(departure(), "economy"))


def test_delhi_to_mumbai_starts_from_3500_to_6500_rupees_in_whole_tens() -> None:
    departures = [departure(hour=hour, number=number) for hour in (6, 9, 13, 18, 22) for number in range(301, 321, 2)]
    light = [dict(reference_fares(each, "economy"))["light"] for each in departures]
    assert 3500 <= min(light) < max(light) <= 6500
    assert {amount % 10 for amount in light} == {0}


@pytest.mark.parametrize("route", [("DEL", "BOM"), ("DEL", "JFK")])
def test_more_comfort_costs_more(route: tuple[str, str]) -> None:
    amounts = [
        amount for cabin in ("economy", "business") for _, amount in reference_fares(departure(route=route), cabin)
    ]
    assert amounts == sorted(set(amounts))
    assert len(amounts) == 6


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_the_last_days_are_dear_and_so_are_the_last_seats(curve: Curve) -> None:
    by_days = [percent for _days, percent in sorted(curve.days.items())]
    by_load = [percent for _load, percent in sorted(curve.load.items())]
    assert by_days == sorted(by_days, reverse=True)
    assert by_load == sorted(by_load)


def test_a_cabin_that_the_demo_does_not_sell_has_no_fares() -> None:
    assert list(reference_fares(departure(), "premium")) == []


def test_another_currency_has_fares_of_its_size(settings: Any) -> None:
    rupees = dict(reference_fares(departure(), "economy"))["light"]
    settings.CURRENCY = "USD"
    dollars = dict(reference_fares(departure(), "economy"))["light"]
    assert dollars == dollars.to_integral_value()
    assert dollars * 88 == pytest.approx(rupees, abs=Decimal(44))


def test_every_country_served_has_taxes_of_its_own() -> None:
    assert {place.country for place in places().values()} == {rule.origin_country for rule in tax_rules()} - {""}


def test_a_tax_rule_is_told_apart_by_code_country_reach_and_cabin() -> None:
    keys = [(rule.code, rule.origin_country, rule.reach, rule.cabin) for rule in tax_rules()]
    assert len(keys) == len(set(keys))


# --- Load ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_two_days_can_be_loaded_and_bought(now: datetime) -> None:
    output = load_demo()
    assert Flight.objects.count() == len(to_fly(now))
    assert f"{Flight.objects.count()} new flights" in output
    offers = search(
        SearchQuery(
            slices=(SliceQuery(origin=place("DEL"), destination=place("LON"), depart_on=date(2026, 11, 21)),),
            party=Party(adults=2, infants=1),
            cabin="business",
        ),
        now=now,
    ).offers
    assert {offer.slices[0].flights[-1].destination.iata for offer in offers} == {"LHR", "LGW"}


def place(code: str) -> Any:
    found = current().place(code)
    assert found is not None
    return found


def to_fly(now: datetime) -> list[Leg]:
    """Of two days, what is still to come."""
    return [leg for leg in legs_leaving(TODAY, TODAY + timedelta(days=1)) if leg.departs_at > now]


@pytest.mark.django_db
def test_schedules_fly_what_the_sheet_says(now: datetime) -> None:
    load_demo()
    flown = Flight.objects.values_list(
        "number",
        "origin__iata",
        "destination__iata",
        "departs_at",
        "arrives_at",
        "departs_on",
        "airplane__registration",
    )
    assert set(flown) == {
        (
            f"KV{leg.number}",
            leg.origin,
            leg.destination,
            leg.departs_at,
            leg.arrives_at,
            leg.departs_on,
            REGISTRATION.format(leg.airplane),
        )
        for leg in to_fly(now)
    }
    assert not Flight.objects.filter(schedule=None).exists()


@pytest.mark.django_db
def test_seasons_fly_what_the_sheet_says_for_a_year(now: datetime, year: list[Leg]) -> None:
    load_demo(days=1)
    planned = {
        (pattern.number, day): (*pattern.times_on(day), airplane.registration)
        for schedule in Schedule.objects.with_pattern()
        for pattern in [pattern_of(schedule)]
        for day in pattern.days_flown(TODAY, TODAY + timedelta(days=380))
        if (airplane := pattern.airplane_on(day))
    }
    assert planned == {
        (f"KV{leg.number}", leg.departs_on): (leg.departs_at, leg.arrives_at, REGISTRATION.format(leg.airplane))
        for leg in year
    }


@pytest.mark.django_db
def test_nothing_of_it_conflicts(now: datetime) -> None:
    load_demo(days=4)
    assert coming_conflicts(now=now, days=4) == []


@pytest.mark.django_db
def test_the_clock_goes_on_where_the_load_ended(now: datetime) -> None:
    load_demo(days=1)
    assert make_flights(now=now, until=TODAY + timedelta(days=1)) > 240
    assert Flight.objects.latest("departs_on").departs_on == TODAY + timedelta(days=1)


@pytest.mark.django_db
def test_everything_passes_the_models_own_rules(now: datetime) -> None:
    load_demo()
    for rule in TaxRule.objects.all():
        rule.full_clean()
    for flight in Flight.objects.select_related("origin__city", "airplane").order_by("?")[:20]:
        flight.full_clean()
        flight.origin.full_clean()
        flight.origin.city.full_clean()
        flight.airplane.full_clean()


@pytest.mark.django_db
def test_every_seat_is_free_and_every_cabin_has_three_fares(now: datetime) -> None:
    load_demo()
    cabins = [cabin for flight in Flight.objects.prefetch_related("cabins__fares") for cabin in flight.cabins.all()]
    assert {cabin.capacity - cabin.seats_left for cabin in cabins} == {0}
    assert {len(cabin.fares.all()) for cabin in cabins} == {3}


@pytest.mark.django_db
def test_the_rules_find_every_price_as_they_would_have_it(now: datetime) -> None:
    load_demo()
    assert set(FlightFare.objects.values_list("priced_by", flat=True)) == {"rules"}
    assert sum(reprice_departing(on=day, now=now) for day in days_on_sale(now=now)) == 0


@pytest.mark.django_db
def test_prices_rise_as_the_day_of_departure_comes(now: datetime) -> None:
    load_demo()
    fare = FlightFare.objects.filter(flight_cabin__flight__departs_on=date(2026, 11, 21)).latest("pk")
    before = fare.amount
    with time_machine.travel(now - timedelta(days=20), tick=False):
        reprice_departing(on=date(2026, 11, 21), now=now - timedelta(days=20))
    fare.refresh_from_db()
    assert fare.amount < before


@pytest.mark.django_db
def test_rules_that_staff_have_changed_stay_and_price_the_days_that_are_added(now: datetime) -> None:
    load_demo()
    PricingRule.objects.exclude(name="Economy").delete()
    PricingRule.objects.get().bands.update(percent=100)
    with time_machine.travel(now + timedelta(days=1), tick=False):
        load_demo()
    added = FlightFare.objects.filter(flight_cabin__flight__departs_on=date(2026, 11, 22))
    assert added.exists()
    off = ExpressionWrapper(F("amount") - F("reference_amount"), output_field=DecimalField())
    assert not added.annotate(off=off).exclude(off__range=(-5, 5)).exists()  # rounded to whole tens


@pytest.mark.django_db
def test_a_second_load_changes_nothing(now: datetime) -> None:
    load_demo()
    before = everything()
    assert ": 0 new flights" in load_demo()
    assert everything() == before


@pytest.mark.django_db
def test_the_next_day_adds_the_day_at_the_end(now: datetime) -> None:
    load_demo()
    before = set(Flight.objects.values_list("pk", flat=True))
    with time_machine.travel(now + timedelta(days=1), tick=False):
        load_demo()
    added = Flight.objects.exclude(pk__in=before)
    assert set(added.values_list("departs_on", flat=True)) == {date(2026, 11, 22)}


@pytest.mark.django_db
def test_what_staff_have_changed_stays_changed(now: datetime) -> None:
    load_demo()
    fare = FlightFare.objects.earliest("pk")
    FlightFare.objects.filter(pk=fare.pk).update(amount=77)
    TaxRule.objects.filter(code="IN").update(amount=1)
    Flight.objects.filter(cabins__fares=fare).update(status="cancelled")
    load_demo()
    assert FlightFare.objects.get(pk=fare.pk).amount == 77
    assert TaxRule.objects.filter(code="IN").aggregate(dearest=Max("amount"))["dearest"] == 1
    assert Flight.objects.filter(status="cancelled").count() == 1


@pytest.mark.django_db
def test_a_cabin_that_staff_have_added_is_left_without_fares(now: datetime) -> None:
    airplane = Airplane.objects.create(registration="VT-KAA", model="Airbus A320neo")
    fit_cabins(airplane=airplane, cabins=[CabinPlan(cabin="premium", first_row=1, last_row=9, layout="AC-DF")])
    load_demo()
    assert FlightFare.objects.filter(flight_cabin__flight__airplane=airplane).count() == 0


@pytest.mark.django_db
def test_if_empty_does_nothing_where_there_are_flights(now: datetime) -> None:
    load_demo()
    Flight.objects.filter(departs_on=TODAY).delete()
    assert load_demo(if_empty=True) == ""
    assert not Flight.objects.filter(departs_on=TODAY).exists()


@pytest.mark.django_db
def test_if_empty_loads_an_empty_demo(now: datetime) -> None:
    load_demo(if_empty=True, days=1)
    assert Flight.objects.exists()


@pytest.mark.django_db
def test_outside_a_demo_nothing_is_loaded(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=on"):
        load_demo()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_no_days_are_refused() -> None:
    with pytest.raises(CommandError, match="at least 1"):
        load_demo(days=0)


# --- People ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("email", [person.email for person in PEOPLE])
def test_every_account_can_log_in(now: datetime, email: str) -> None:
    load_demo(days=1)
    user = authenticate(email=email, username=email, password=PASSWORD)
    assert user is not None
    assert EmailAddress.objects.get(user=user).verified


@pytest.mark.django_db
def test_each_account_may_do_what_its_door_is_for(now: datetime) -> None:
    load_demo(days=1)
    assert list(User.objects.filter(is_staff=True, is_superuser=True).values_list("email", flat=True)) == [
        "staff@demo.test"
    ]
    assert User.objects.filter(is_staff=True, groups__name__in=STAFF_ROLES).count() == len(STAFF_ROLES)
    assert User.objects.get(groups__name=Role.INTEGRATOR).email == "integrator@demo.test"


@pytest.mark.django_db
def test_the_integrators_key_is_printed_once_and_kept_in_a_file_for_the_owner_only(now: datetime, home: Path) -> None:
    first, second = load_demo(days=1), load_demo(days=1)
    kept = home / ".local" / "integrator_api_key"
    secret = kept.read_text().strip()
    assert secret in first
    assert secret not in second
    assert kept.stat().st_mode & 0o777 == 0o600
    assert ApiKey.objects.get().secret_hash == ApiKey.hash_secret(secret.partition(".")[2])


@pytest.mark.django_db
def test_a_demo_beside_the_demo_leaves_the_kept_key_alone(now: datetime, home: Path) -> None:
    printed = load_demo(days=1, no_key_file=True)
    assert "API key of integrator@demo.test" in printed
    assert not (home / ".local" / "integrator_api_key").exists()


@pytest.mark.django_db
def test_a_changed_password_and_a_revoked_key_stay_so(now: datetime) -> None:
    load_demo(days=1)
    traveller = User.objects.get(email="traveller@demo.test")
    traveller.set_password("another passphrase")
    traveller.save(update_fields=["password"])
    ApiKey.objects.update(revoked_at=now)
    load_demo(days=1)
    traveller.refresh_from_db()
    assert traveller.check_password("another passphrase")
    assert ApiKey.objects.get().revoked_at == now


def everything() -> dict[str, list[Any]]:
    models: tuple[type[Model], ...] = (Flight, FlightFare, PricingRule, TaxRule, Airplane, User, ApiKey, EmailAddress)
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}
