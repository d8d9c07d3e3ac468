"""What the pricing rules make of a reference: by table, and whatever the numbers."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airlines.services.pricing_rules import (
    Band,
    Rule,
    Rung,
    Situation,
    check_bands,
    load_percent,
    price_ladder,
    to_price_point,
)

LIGHT, STANDARD, FLEX = 1, 2, 3
DEL, BOM = 10, 20


def bands(*pairs):
    return tuple(Band(start, Decimal(percent)) for start, percent in pairs)


RULE = Rule(
    name="Economy",
    round_to=Decimal(10),
    load_bands=bands((0, 90), (50, 100), (80, 130)),
    days_bands=bands((0, 145), (7, 110), (30, 95)),
)


def rung(family=LIGHT, reference="4000", *, floor=None, ceiling=None, fixed=None):
    return Rung(
        fare=family,
        family=family,
        amount=Decimal(fixed or 0),
        fixed=fixed is not None,
        reference=Decimal(reference),
        floor=floor and Decimal(floor),
        ceiling=ceiling and Decimal(ceiling),
    )


def at(load=60, days=20, cabin="economy"):
    return Situation(cabin=cabin, origin=DEL, destination=BOM, load_percent=load, days_left=days)


def told(priced):
    return [(step.kind.value, f"{step.amount:.0f}") for step in priced.steps]


@pytest.mark.parametrize(
    ("load", "days", "amount"),
    [
        (0, 400, 3420),  # 90 % of 95 %
        (49, 30, 3420),
        (50, 30, 3800),
        (50, 29, 4400),
        (80, 7, 5720),
        (80, 6, 7540),
        (100, 0, 7540),
    ],
)
def test_a_price_follows_the_load_and_the_days(load, days, amount):
    [priced] = price_ladder([rung()], at(load, days), [RULE])

    assert priced.amount == amount


def test_the_explanation_leads_from_the_reference_to_the_price():
    [priced] = price_ladder([rung(reference="4004", ceiling="5000")], at(85, 3), [RULE])

    assert told(priced) == [
        ("reference", "4004"),
        ("load", "5205"),
        ("days", "7548"),
        ("rounded", "7550"),
        ("ceiling", "5000"),
    ]
    assert [(step.by, step.since) for step in priced.steps[1:4]] == [(130, 80), (145, 0), (10, None)]
    assert (priced.rule, priced.amount) == (RULE, 5000)


def test_a_floor_holds():
    [priced] = price_ladder([rung(floor="3900")], at(0, 200), [RULE])

    assert told(priced)[-1] == ("floor", "3900")


def test_without_a_rule_that_fits_it_is_the_reference():
    [priced] = price_ladder([rung()], at(cabin="business"), [Rule(name="E", round_to=Decimal(10), cabin="economy")])

    assert (priced.amount, priced.rule) == (4000, None)


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({}, True),
        ({"cabin": "economy"}, True),
        ({"cabin": "business"}, False),
        ({"origin": DEL, "destination": BOM}, True),
        ({"origin": BOM}, False),
        ({"destination": DEL}, False),
        ({"family": LIGHT}, True),
        ({"family": FLEX}, False),
    ],
)
def test_a_rule_prices_what_it_is_for(conditions, fits):
    double = Rule(name="Double", round_to=Decimal(1), load_bands=bands((0, 200)), **conditions)

    [priced] = price_ladder([rung()], at(), [double])

    assert priced.amount == (8000 if fits else 4000)


def test_the_first_rule_that_fits_prices_a_fare_alone():
    double = Rule(name="Double", round_to=Decimal(1), load_bands=bands((0, 200)))

    [priced] = price_ladder([rung()], at(), [double, RULE])

    assert (priced.amount, priced.rule) == (8000, double)


def test_a_fixed_price_stays_and_holds_the_cheaper_families_below_it():
    light, standard = price_ladder([rung(), rung(STANDARD, fixed="4200")], at(50, 20), [RULE])

    assert (light.amount, standard.amount) == (4200, 4200)
    assert told(light)[-1] == ("not_above_dearer", "4200")
    assert told(standard) == [("fixed", "4200")]


def test_a_dearer_family_rises_with_a_cheaper_one_that_staff_fixed():
    _light, standard = price_ladder([rung(fixed="9000"), rung(STANDARD, "5000")], at(50, 20), [RULE])

    assert told(standard)[-1] == ("not_below_cheaper", "9000")


def test_a_floor_goes_before_the_ladder():
    light, standard = price_ladder([rung(floor="4000"), rung(STANDARD, fixed="3000")], at(), [RULE])

    assert (light.amount, standard.amount) == (4000, 3000)


@pytest.mark.parametrize(
    ("pairs", "rising"),
    [
        ([], True),
        ([(0, 90), (50, 100)], True),
        ([(50, 110), (0, 90), (80, 110)], True),
        ([(50, 90)], False),  # from 100 % down
        ([(0, 120), (50, 110)], False),
    ],
)
def test_load_bands_that_fall_are_told(pairs, rising):
    assert check_bands([(start, Decimal(percent)) for start, percent in pairs]) is rising


@pytest.mark.parametrize(("taken", "capacity", "percent"), [(0, 150, 0), (149, 150, 99), (150, 150, 100), (0, 0, 100)])
def test_load_is_in_whole_percent(taken, capacity, percent):
    assert load_percent(taken=taken, capacity=capacity) == percent


def test_price_points_are_whole_multiples():
    assert to_price_point(Decimal(4455), Decimal(10)) == 4460
    assert to_price_point(Decimal("0.126"), Decimal("0.05")) == Decimal("0.15")


def test_what_costs_something_is_not_rounded_to_nothing():
    assert to_price_point(Decimal(4), Decimal(10)) == 10
    assert to_price_point(Decimal(0), Decimal(10)) == 0


def test_no_price_is_more_than_can_be_kept():
    [priced] = price_ladder([rung(reference="90000000")], at(100, 0), [RULE])

    assert priced.amount == Decimal("99999999.99")


# --- Whatever the numbers --------------------------------------------------------------------------------------------

MONEY = st.decimals(0, 90_000, places=2)
PERCENT = st.decimals(1, 900, places=1)


@st.composite
def ladders(draw):
    """Up to three families, each moved by the rules between a floor and a ceiling, or fixed."""
    rungs = []
    for family in range(1, draw(st.integers(1, 3)) + 1):
        floor, ceiling = sorted([draw(MONEY), draw(MONEY)])
        rungs.append(
            Rung(
                fare=family,
                family=family,
                amount=draw(MONEY),
                fixed=draw(st.booleans()),
                reference=draw(MONEY),
                floor=draw(st.sampled_from([floor, None])),
                ceiling=draw(st.sampled_from([ceiling, None])),
            )
        )
    return rungs


@st.composite
def rules(draw):
    starts = sorted(draw(st.sets(st.integers(0, 100), max_size=4)))
    percents = sorted(draw(st.lists(PERCENT, min_size=len(starts), max_size=len(starts))))
    load_bands = tuple(map(Band, starts, percents))
    assume(check_bands(load_bands))
    days = sorted(draw(st.dictionaries(st.integers(0, 300), PERCENT, max_size=4)).items())
    return Rule(
        name="Any",
        round_to=Decimal(draw(st.sampled_from(["0.01", "1", "10", "99"]))),
        load_bands=load_bands,
        days_bands=tuple(Band(*pair) for pair in days),
        family=draw(st.sampled_from([None, 1, 2])),
    )


SITUATIONS = st.builds(at, st.integers(0, 100), st.integers(0, 400))


def least(each):
    return each.amount if each.fixed else each.floor or Decimal()


def most(each):
    return each.amount if each.fixed else each.ceiling or Decimal("Infinity")


@given(ladders(), st.lists(rules(), max_size=3), SITUATIONS)
def test_floor_ceiling_and_fixed_prices_always_hold(ladder, some_rules, situation):
    priced = price_ladder(ladder, situation, some_rules)

    for each, rung_ in zip(priced, ladder, strict=True):
        assert least(rung_) <= each.amount <= most(rung_)


@given(ladders(), st.lists(rules(), max_size=3), SITUATIONS)
def test_the_ladder_is_never_inverted_where_the_limits_allow_it(ladder, some_rules, situation):
    assume(all(least(lower) <= most(upper) for n, lower in enumerate(ladder) for upper in ladder[n:]))

    amounts = [each.amount for each in price_ladder(ladder, situation, some_rules)]

    assert amounts == sorted(amounts)


@given(ladders(), st.lists(rules(), max_size=3), st.integers(0, 400))
def test_no_price_falls_as_the_cabin_fills(ladder, some_rules, days):
    by_load = [
        [each.amount for each in price_ladder(ladder, at(load, days), some_rules)] for load in (0, 20, 50, 80, 100)
    ]

    for emptier, fuller in pairwise(by_load):
        assert all(before <= after for before, after in zip(emptier, fuller, strict=True))


@given(ladders(), st.lists(rules(), max_size=3), SITUATIONS)
def test_the_last_line_of_an_explanation_is_the_price(ladder, some_rules, situation):
    for each in price_ladder(ladder, situation, some_rules):
        assert each.steps[-1].amount == each.amount


@given(ladders(), st.lists(rules(), max_size=3), SITUATIONS)
def test_pricing_again_changes_nothing(ladder, some_rules, situation):
    priced = price_ladder(ladder, situation, some_rules)
    again = [rung_._replace(amount=each.amount) for rung_, each in zip(ladder, priced, strict=True)]

    assert price_ladder(again, situation, some_rules) == priced
