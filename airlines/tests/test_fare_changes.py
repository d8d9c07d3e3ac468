"""Changes of many fares: what a preview says, what applying leaves alone, and what undoing gives back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from airlines import tasks
from airlines.exceptions import FareChangeDone, FareChangeExpired
from airlines.models import FareChange, FlightCabin, FlightFare
from airlines.services import fare_changes
from airlines.services.fare_changes import FareFilter, apply_change, preview_change, totals_of, undo_change
from airlines.services.fares import change_fare
from airlines.tests.factories import fare_of, make_flight, make_pricing_rule
from airlines.tests.races import at_once
from flights_project.lib.errors import InvalidRequest

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=10, fares={"light": 4000, "standard": 5000})


@pytest.fixture
def preview(agent, flight, now):
    def preview(*, kind="percent", by=10, round_to=None, **which) -> FareChange:
        return preview_change(
            which=FareFilter(**which),
            kind=kind,
            by=None if by is None else Decimal(by),
            round_to=round_to and Decimal(round_to),
            reason="Diwali",
            user=agent,
            now=now,
        )

    return preview


def amounts(flight):
    fares = FlightFare.objects.filter(flight_cabin__flight=flight).order_by("family__position")
    return list(fares.values_list("amount", flat=True))


def outcomes(change):
    return list(change.lines.order_by("fare__family__position").values_list("status", flat=True))


class TestAPreview:
    def test_changes_no_price(self, preview, flight):
        change = preview()

        assert amounts(flight) == [4000, 5000]
        assert list(change.lines.values_list("amount_before", "amount_after")) == [(4000, 4400), (5000, 5500)]

    @pytest.mark.parametrize(
        ("how", "after"),
        [
            ({"by": 10}, [4400, 5500]),
            ({"by": "-7.5"}, [3700, 4625]),
            ({"by": "3.33", "round_to": 50}, [4150, 5150]),
            ({"kind": "amount", "by": -250}, [3750, 4750]),
            ({"kind": "amount", "by": "99.50", "round_to": 1}, [4100, 5100]),
        ],
    )
    def test_moves_by_percent_or_amount_and_rounds(self, preview, how, after):
        assert list(preview(**how).lines.values_list("amount_after", flat=True)) == after

    def test_stops_at_floor_and_ceiling_and_says_so(self, preview):
        FlightFare.objects.update(floor_amount=3000, ceiling_amount=4500)

        change = preview(kind="amount", by=200, amount_to=4000)
        lower = preview(by=-50)

        assert list(change.lines.values_list("amount_after", "limit")) == [(4200, "")]
        assert list(lower.lines.values_list("amount_after", "limit")) == [(3000, "floor"), (3000, "floor")]
        assert list(preview(by=50).lines.values_list("limit", flat=True)) == ["ceiling", "ceiling"]

    def test_adds_up(self, preview):
        FlightFare.objects.filter(family__code="standard").update(ceiling_amount=4800)

        totals = totals_of(preview())

        assert (totals.fares, totals.rises, totals.falls) == (2, 1, 1)
        assert (totals.before, totals.after) == (9000, 9200)
        assert (totals.at_floor, totals.at_ceiling, totals.by_status) == (0, 1, {"previewed": 2})

    @pytest.mark.parametrize(
        ("which", "fits"),
        [
            ({}, 2),
            ({"origin": "DEL", "destination": "BOM"}, 2),
            ({"origin": "BOM"}, 0),
            ({"family": "light"}, 1),
            ({"cabin": "economy"}, 2),
            ({"cabin": "business"}, 0),
            ({"departs_from": "2026-12-20", "departs_to": "2026-12-20"}, 2),
            ({"departs_from": "2026-12-21"}, 0),
            ({"departs_to": "2026-12-19"}, 0),
            ({"amount_from": 4001}, 1),
            ({"amount_to": 4000}, 1),
            ({"load_from": 0}, 2),
            ({"load_from": 30, "load_to": 30}, 2),
            ({"load_from": 31}, 0),
            ({"load_to": 29}, 0),
        ],
    )
    def test_is_of_the_fares_that_fit(self, flight, now, which, fits):
        make_flight("BOM", "DEL", departs_at=now + timedelta(minutes=5))  # closed for sale
        FlightCabin.objects.update(seats_sold=2, seats_held=1)

        assert FareFilter(**which).fares(now).count() == fits

    @pytest.mark.parametrize(
        ("asked", "field", "words"),
        [
            ({"origin": "XXX"}, "origin", "no airport XXX"),
            ({"destination": "XXX"}, "destination", "no airport XXX"),
            ({"family": "gold"}, "family", "no fare family gold"),
            ({"load_from": 50, "load_to": 40}, "load_to", "ends before it begins"),
            ({"by": None}, "by", "Say by how much"),
            ({"kind": "rules", "by": 5}, "by", "The pricing rules say"),
            ({"kind": "amount", "by": -4500}, "by", "1 fares would fall below zero"),
            ({"kind": "amount", "by": 99_999_999}, "by", "would cost more than"),
            ({"by": 0}, "non_field_errors", "No fare would change"),
            ({"amount_from": 9000}, "non_field_errors", "No fare would change"),
        ],
    )
    def test_is_refused_by_name(self, preview, asked, field, words, flight):
        with pytest.raises(InvalidRequest, match=words) as refused:
            preview(**asked)

        assert list(refused.value.errors) == [field]
        assert not FareChange.objects.exists()

    def test_is_of_no_more_fares_than_can_be_changed_at_once(self, preview, monkeypatch):
        monkeypatch.setattr(fare_changes, "FARES_AT_ONCE", 1)

        with pytest.raises(InvalidRequest, match="More than 1 fares fit"):
            preview()

    def test_says_what_was_asked_for(self, preview):
        assert preview(origin="DEL", load_to=50).which == {"origin": "DEL", "load_to": "50"}

    def test_is_forgotten_after_a_week(self, preview, now):
        old, applied = preview(), apply_change(change=preview(), now=now)
        FareChange.objects.update(made_at=now - timedelta(days=8))
        new = preview()

        assert tasks.forget_fare_previews() == 1

        assert set(FareChange.objects.all()) == {applied, new}
        assert old not in FareChange.objects.all()


class TestApplying:
    def test_changes_the_prices_and_fixes_them(self, preview, flight, now):
        FlightFare.objects.update(priced_by="rules", reference_amount=4000)

        change = apply_change(change=preview(), now=now)

        assert amounts(flight) == [4400, 5500]
        assert (fare_of(flight).priced_by, fare_of(flight).reason) == ("staff", "Diwali")
        assert (change.status, change.applied_at, outcomes(change)) == ("applied", now, ["applied", "applied"])

    def test_leaves_alone_what_has_changed_since_the_preview(self, preview, flight, now):
        change = preview()
        change_fare(fare=fare_of(flight), amount=Decimal(4100))

        apply_change(change=change, now=now)

        assert amounts(flight) == [4100, 5500]
        assert outcomes(change) == ["overtaken", "applied"]

    def test_happens_once(self, preview, flight, now):
        change = preview()
        apply_change(change=FareChange.objects.get(pk=change.pk), now=now)

        with pytest.raises(FareChangeDone) as refused:
            apply_change(change=change, now=now)

        assert refused.value.facts == {"status": "applied"}
        assert amounts(flight) == [4400, 5500]

    def test_is_refused_once_the_preview_is_old(self, preview, flight, now, settings):
        with pytest.raises(FareChangeExpired):
            apply_change(change=preview(), now=now + settings.FARE_CHANGE_PREVIEW_LIFETIME)

        assert amounts(flight) == [4000, 5000]

    def test_gives_fares_back_to_the_rules(self, preview, flight, now):
        make_pricing_rule("Economy", load={0: 90})

        apply_change(change=preview(kind="rules", by=None), now=now)

        assert amounts(flight) == [3600, 4500]
        assert set(FlightFare.objects.values_list("priced_by", flat=True)) == {"rules"}
        assert fare_of(flight).reference_amount == 4000

    @pytest.mark.parametrize("flights", [1, 4])
    def test_takes_queries_that_do_not_grow(self, preview, in_a_month, now, flights):
        for n in range(flights):
            make_flight(departs_at=in_a_month + timedelta(days=n + 1))
        change = preview()

        with CaptureQueriesContext(connection) as queries:
            apply_change(change=change, now=now)

        # leave, read, lines; lock, write, read what is announced; two outcomes
        assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 9


class TestUndoing:
    def test_gives_back_price_and_who_prices(self, preview, flight, now):
        FlightFare.objects.update(priced_by="rules", reference_amount=4000)
        change = apply_change(change=preview(), now=now)

        undo_change(change=change, now=now)

        assert amounts(flight) == [4000, 5000]
        assert (fare_of(flight).priced_by, fare_of(flight).reason) == ("rules", "Undone: Diwali")
        assert (change.status, outcomes(change)) == ("undone", ["undone", "undone"])

    def test_keeps_what_has_changed_since(self, preview, flight, now):
        change = apply_change(change=preview(), now=now)
        change_fare(fare=fare_of(flight), amount=Decimal(4900))

        undo_change(change=change, now=now)

        assert amounts(flight) == [4900, 5000]
        assert outcomes(change) == ["kept", "undone"]

    def test_does_not_touch_what_was_not_applied(self, preview, flight, now):
        change = preview()
        change_fare(fare=fare_of(flight), amount=Decimal(4400))  # what the change would have made it

        undo_change(change=apply_change(change=change, now=now), now=now)

        assert amounts(flight) == [4400, 5000]
        assert outcomes(change) == ["overtaken", "undone"]

    def test_is_refused_for_a_preview_and_a_second_time(self, preview, now):
        change = preview()
        with pytest.raises(FareChangeDone):
            undo_change(change=change, now=now)

        undo_change(change=apply_change(change=change, now=now), now=now)
        with pytest.raises(FareChangeDone):
            undo_change(change=change, now=now)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_apply_a_change_one_does(preview, flight, now):
    change = preview()

    assert at_once(lambda n: apply_change(change=FareChange.objects.get(pk=change.pk), now=now), 8) == {
        "done": 1,
        "FareChangeDone": 7,
    }
    assert fare_of(flight).events.count() == 1


@pytest.mark.django_db(transaction=True)
def test_changes_of_the_same_fares_at_once_apply_one_and_report_the_others(preview, flight, now):
    changes = [preview(by=10 + n) for n in range(4)]

    assert at_once(lambda n: apply_change(change=changes[n], now=now), 4) == {"done": 4}

    assert sorted(outcomes(change)[0] for change in changes) == ["applied"] + 3 * ["overtaken"]
    assert fare_of(flight).events.count() == 1
