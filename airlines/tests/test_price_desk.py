"""A revenue manager's pages: one price, many prices, the rules."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages

from airlines.models import FareChange, FlightFare, PricingBand, PricingRule
from airlines.services import repricing
from airlines.services.fares import change_fare
from airlines.services.repricing import reprice_flights
from airlines.tests.factories import fare_of, make_flight, make_pricing_rule
from flights_project.gateway.models import User

pytestmark = pytest.mark.django_db

FARES, CHANGES, RULES = (f"/admin/airlines/{model}/" for model in ("flightfare", "farechange", "pricingrule"))


@pytest.fixture
def desk(page_of, agent):
    return page_of(agent)


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=10, number="KV101", fares={"light": 4000, "standard": 5000})


@pytest.fixture
def rule(db):
    return make_pricing_rule("Economy", cabin="economy", load={0: 90, 50: 100}, days={0: 150, 7: 110})


def clerk(*permissions):
    user = User.objects.create_user("clerk@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


class TestOnePrice:
    @pytest.fixture
    def page(self, flight):
        return f"{FARES}{fare_of(flight).pk}/change/"

    def opened(self, desk, page):
        """What the page sends back when nobody types anything."""
        form = desk.get(page).context["adminform"].form
        sent = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
        return sent | {"initial-amount": sent["amount"], "events-TOTAL_FORMS": 0, "events-INITIAL_FORMS": 0}

    def test_is_explained_step_by_step(self, desk, page, rule, flight):
        FlightFare.objects.update(priced_by="rules", reference_amount=4004, ceiling_amount=4200)

        shown = desk.get(page).content.decode()

        for words in (
            "By the pricing rule “Economy”:",
            "0 % of the seats are taken, 30 days to departure.",
            "× 90 %, from 0 % of the seats taken",
            "× 110 %, from 7 days to departure",
            "Rounded to whole 10",
            "₹3,960",
            "the next round of the rules changes it",
        ):
            assert words in shown

    def test_that_staff_fixed_says_so_and_what_the_rules_would_have(self, desk, page, rule):
        shown = desk.get(page).content.decode()

        assert "Staff fixed this price" in shown
        assert "₹3,960" in shown

    def test_is_changed_with_a_reason_that_stays_in_its_history(self, desk, page, flight, agent):
        desk.post(page, self.opened(desk, page) | {"amount": "4321", "new_reason": "Holi"})

        fare = fare_of(flight)
        assert (fare.amount, fare.priced_by, fare.reason) == (4321, "staff", "Holi")
        shown = desk.get(page).content.decode()
        assert "<polyline" in shown
        assert "₹4,000 – ₹4,321" in shown
        history = shown.partition("(UTC)")[2]
        for words in ("Holi", agent.email, "₹4,000"):
            assert words in history

    def test_is_not_written_over_by_a_page_that_was_opened_before(self, desk, page, flight):
        opened = self.opened(desk, page)
        change_fare(fare=fare_of(flight), amount=Decimal(4400))

        answer = desk.post(page, opened | {"amount": "4100"})

        assert answer.context["adminform"].form.errors == {"__all__": ["It costs 4400.00 INR now."]}
        assert fare_of(flight).amount == 4400

    def test_is_given_back_to_the_rules(self, desk, page, flight, rule):
        desk.post(page, self.opened(desk, page) | {"priced_by": "rules"})

        fare = fare_of(flight)
        assert (fare.amount, fare.priced_by, fare.reference_amount) == (3960, "rules", 4000)

    def test_has_limits_for_the_rules(self, desk, page, flight, rule):
        desk.post(page, self.opened(desk, page) | {"priced_by": "rules", "floor_amount": "3990"})

        assert (fare_of(flight).amount, fare_of(flight).floor_amount) == (3990, 3990)

    def test_has_limits_that_do_not_contradict_each_other(self, desk, page, flight):
        answer = desk.post(page, self.opened(desk, page) | {"floor_amount": "5000", "ceiling_amount": "4000"})

        assert "The floor is not above the ceiling." in answer.content.decode()
        assert fare_of(flight).floor_amount is None

    def test_in_a_list_is_not_written_over_either(self, desk, flight, rule):
        first, second = FlightFare.objects.order_by("family__position")
        sent = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "_save": "Save"}
        for n, fare in enumerate((first, second)):
            sent |= {f"form-{n}-id": fare.pk, f"form-{n}-amount": "4100", f"initial-form-{n}-amount": fare.amount}
        change_fare(fare=second, amount=Decimal(5500))

        answer = desk.post(FARES, sent)

        assert [str(message) for message in get_messages(answer.wsgi_request)] == ["It costs 5500.00 INR now."]
        assert list(FlightFare.objects.order_by("family__position").values_list("amount", flat=True)) == [4000, 5500]

    def test_is_explained_beside_the_others_of_its_flight(self, desk, flight, rule, django_assert_max_num_queries):
        path = f"/admin/airlines/flight/{flight.pk}/prices/"
        assert path in desk.get(f"/admin/airlines/flight/{flight.pk}/change/").content.decode()

        with django_assert_max_num_queries(16):
            shown = desk.get(path).content.decode()

        assert shown.count("Staff fixed this price") == 2

    def test_is_set_on_a_flights_page_by_those_who_may_change_prices(self, page_of, flight):
        planner = page_of(clerk("view_flight", "change_flight"))

        shown = planner.get(f"/admin/airlines/flight/{flight.pk}/change/")

        assert not [name for name in shown.context["adminform"].form.fields if name.startswith("fare_")]
        assert planner.get(f"/admin/airlines/flight/{flight.pk}/prices/").status_code == 403


class TestManyPrices:
    @pytest.fixture
    def change(self, desk, flight):
        desk.post(f"{CHANGES}add/", {"kind": "percent", "by": "10", "reason": "Diwali", "origin": "del"})
        return FareChange.objects.get()

    def page(self, change):
        return f"{CHANGES}{change.pk}/change/"

    def test_are_seen_before_they_change(self, desk, change, flight, agent):
        shown = desk.get(self.page(change)).content.decode()

        for words in ("2 fares: 2 rise, 0 fall.", "₹9,000 before, ₹9,900 after", "Change these prices", "From: DEL"):
            assert words in shown
        assert (change.made_by, fare_of(flight).amount) == (agent, 4000)

    def test_say_what_was_asked_for_with_its_currency_and_day(self, desk, flight):
        asked = {"kind": "amount", "by": "7.50", "reason": "Fuel", "amount_from": "3000", "departs_from": "2026-01-01"}

        desk.post(f"{CHANGES}add/", asked)

        shown = desk.get(self.page(FareChange.objects.get())).content.decode()
        for words in ("+₹7.50", "Costs now from: ₹3,000", "Departing from: 1 Jan 2026"):
            assert words in shown

    def test_begin_with_a_button_that_says_that_they_are_seen_first(self, desk, flight):
        shown = desk.get(f"{CHANGES}add/").content.decode()

        assert "See what would change" in shown
        assert "Save" not in shown.partition('id="submit-row"')[2]

    def test_change_and_are_given_back(self, desk, change, flight):
        answer = desk.post(f"{CHANGES}{change.pk}/apply/", follow=True)
        assert fare_of(flight).amount == 4400
        assert "Undo: give back the prices before" in answer.content.decode()

        desk.post(f"{CHANGES}{change.pk}/undo/")
        assert fare_of(flight).amount == 4000

    def test_that_changed_meanwhile_are_told_and_left_alone(self, desk, change, flight):
        change_fare(fare=fare_of(flight), amount=Decimal(4111))

        shown = desk.post(f"{CHANGES}{change.pk}/apply/", follow=True).content.decode()

        assert "1 had changed since the preview and were left alone." in shown
        assert fare_of(flight).amount == 4111

    def test_change_once(self, desk, change, flight):
        desk.post(f"{CHANGES}{change.pk}/apply/")

        answer = desk.post(f"{CHANGES}{change.pk}/apply/")

        assert "applied or undone already" in str(list(get_messages(answer.wsgi_request))[-1])

    @pytest.mark.parametrize(
        ("typed", "field", "words"),
        [
            ({"origin": "XXX"}, "origin", "There is no airport XXX."),
            ({"by": ""}, "by", "Say by how much"),
            ({"load_from": "101"}, "load_from", "less than or equal to 100"),
            ({"amount_from": "9000"}, "__all__", "No fare would change."),
            ({"kind": "amount", "by": "-4500"}, "by", "1 fares would fall below zero."),
            ({"reason": ""}, "reason", "This field is required."),
            ({"round_to": "-1"}, "round_to", ""),
        ],
    )
    def test_are_refused_at_the_field(self, desk, flight, typed, field, words):
        sent = {"kind": "percent", "by": "10", "reason": "Diwali"} | typed

        answer = desk.post(f"{CHANGES}add/", sent)

        assert words in answer.context["adminform"].form.errors[field][0]
        assert not FareChange.objects.exists()

    @pytest.mark.parametrize("permissions", [["view_farechange"], ["view_farechange", "add_farechange"]])
    def test_are_changed_only_by_those_who_may(self, page_of, change, flight, permissions):
        reader = page_of(clerk(*permissions))

        assert "Change these prices" not in reader.get(self.page(change)).content.decode()
        assert reader.get(f"{CHANGES}add/").status_code == 403
        assert reader.post(f"{CHANGES}{change.pk}/apply/").status_code == 403
        assert fare_of(flight).amount == 4000

    def test_are_not_changed_by_following_a_link(self, desk, change, flight):
        assert desk.get(f"{CHANGES}{change.pk}/apply/").status_code == 403


class TestTheRules:
    @pytest.fixture
    def asked(self, monkeypatch):
        """How often everything is to be priced again."""
        asked = []
        monkeypatch.setattr(repricing, "reprice_soon", lambda: asked.append(1))
        monkeypatch.setattr("airlines.admin.pricing.reprice_soon", lambda: asked.append(1))
        return asked

    def typed(self, rule=None, *, load=((0, 90), (50, 110)), days=((0, 150),), **fields):
        sent = {"name": "Spring", "priority": 10, "round_to": "10", "in_use": "on", "cabin": "", "family": ""}
        for prefix, bands, measure in (("bands", load, "load"), ("bands-2", days, "days")):
            there = list(rule.bands.filter(measure=measure)) if rule else []
            sent |= {f"{prefix}-TOTAL_FORMS": len(bands), f"{prefix}-INITIAL_FORMS": len(there)}
            for n, (start, percent) in enumerate(bands):
                sent |= {f"{prefix}-{n}-starts_at": start, f"{prefix}-{n}-percent": percent}
                if n < len(there):
                    sent |= {f"{prefix}-{n}-id": there[n].pk, f"{prefix}-{n}-rule": rule.pk}
        return sent | fields

    def test_are_made_with_their_bands_and_price_everything(self, desk, asked):
        desk.post(f"{RULES}add/", self.typed(cabin="economy"))

        bands = PricingBand.objects.filter(rule__name="Spring").values_list("measure", "starts_at", "percent")
        assert sorted(bands) == [("days", 0, 150), ("load", 0, 90), ("load", 50, 110)]
        assert asked == [1]

    def test_are_tried_before_they_are_saved(self, desk, asked, flight):
        FlightFare.objects.update(priced_by="rules", reference_amount=4000)

        shown = desk.post(f"{RULES}add/", self.typed() | {"_what_would_change": "1"}).content.decode()

        assert "Of 2 fares that the rules price, 2 would rise and 0 would fall, by ₹900 on average." in shown
        assert '<input type="hidden" name="bands-0-starts_at" value="0">' in shown
        assert not PricingRule.objects.exists()
        assert (asked, fare_of(flight).amount) == ([], 4000)

    def test_of_a_rule_that_is_there_are_tried_too(self, desk, asked, flight, rule):
        FlightFare.objects.update(priced_by="rules", reference_amount=4000)
        typed = self.typed(rule, name="Economy", load=((0, 200), (50, 200)), days=((0, 100), (7, 100)))

        shown = desk.post(f"{RULES}{rule.pk}/change/", typed | {"_what_would_change": "1"}).content.decode()

        assert "2 would rise" in shown
        assert rule.bands.get(measure="load", starts_at=0).percent == 90
        assert not FareChange.objects.exists()

    @pytest.mark.parametrize(
        ("bands", "words"),
        [
            ({"load": ((0, 120), (50, 110))}, "A price does not fall as the cabin fills"),
            ({"days": ((7, 120), (7, 110))}, "Two bands start at the same place."),
        ],
    )
    def test_are_refused_where_they_make_no_sense(self, desk, asked, bands, words):
        answer = desk.post(f"{RULES}add/", self.typed(**bands))

        assert words in answer.content.decode()
        assert (PricingRule.objects.count(), asked) == (0, [])

    def test_price_everything_when_one_is_deleted(self, desk, asked, rule):
        desk.post(f"{RULES}{rule.pk}/delete/", {"post": "yes"})
        second = make_pricing_rule("Second")
        desk.post(RULES, {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"})

        assert (PricingRule.objects.count(), asked) == (0, [1, 1])


def test_saving_a_rule_calls_a_worker_after_commit(monkeypatch, django_capture_on_commit_callbacks):
    called: list[str] = []
    monkeypatch.setattr(repricing.current_app, "send_task", called.append)

    with django_capture_on_commit_callbacks(execute=True):
        repricing.reprice_soon()

    assert called == ["airlines.tasks.reprice_everything"]


def test_a_chart_is_drawn_from_the_first_price_known(desk, flight, rule, now):
    FlightFare.objects.update(priced_by="rules", reference_amount=4000)
    reprice_flights(flights=[flight.pk], now=now)

    assert "₹3,960 – ₹4,000" in desk.get(f"{FARES}{fare_of(flight).pk}/change/").content.decode()
