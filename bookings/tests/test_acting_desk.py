"""The story of a booking at the desk, and the pages on which staff act for a traveller."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from airlines.models import FareFamily
from airlines.services.offers import open_offer
from airlines.tests.factories import claim_for, fare_of, make_flight
from airlines.tests.reading import read
from bookings.models import Booking, CancellationQuote, Refund
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.irregular_days import cancel_flight
from bookings.services.payment import pay
from bookings.services.reconciliation import reconcile
from bookings.services.refunds import pay_refunds
from bookings.services.seating import choose_seats
from bookings.tests.factories import adult, infant, make_booking, make_hold
from flights_project.gateway.models import User
from flights_project.gateway.roles import STAFF_ROLES, Role
from flights_project.gateway.services import give_role
from notifications.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    flight = make_flight(departs_at=in_a_month, number="KV101")
    FareFamily.objects.update(refund_percent=40, seat_fee=150)
    return flight


@pytest.fixture
def booking(traveller, flight, now):
    people = [adult(given_name="Asha", family_name="Roa"), adult(given_name="Ravi"), infant(with_adult=1)]
    return make_booking(traveller, flight, now=now, travellers=people)


@pytest.fixture
def staff(db):
    def person(role):
        user = User.objects.create_user(f"{role}@airline.example", is_staff=True)
        give_role(user=user, role=role)
        return user

    return person


@pytest.fixture
def desk(page_of, staff):
    return page_of(staff(Role.SUPERVISOR))


def story_of(page, booking):
    return page.get(f"/admin/bookings/booking/{booking.pk}/change/")


def act(page, booking, name, *, query="", **typed):
    """What the page answers to the form and, where it shows what would happen, to its confirmation."""
    url = f"/admin/bookings/booking/{booking.pk}/act/{name}/{query}"
    sent = {"reason": "She called.", "key": str(uuid4())} | typed
    shown = page.post(url, sent)
    quote = re.search(r'name="quote" value="([^"]+)"', shown.content.decode())
    return shown, page.post(url, sent | {"confirm": "yes"} | ({"quote": quote[1]} if quote else {}))


class TestTheStory:
    @pytest.fixture
    def eventful(self, booking, flight, desk, now):
        """Everything that can happen to a booking."""
        choose_seats(booking=booking, choices={(flight.pk, 0): "4A"}, now=now)
        pay(booking=booking, gateway="sandbox", token="tok_ok", now=now)
        act(desk, booking, "rename", title="", given_name="Asha", family_name="Rao", born_on="1990-04-05")
        later = now + timedelta(days=2)
        quote = quote_cancellation(booking=booking, now=later, passengers=[1])
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=later)
        pay_refunds(now=later)
        act(desk, booking, "waive", amount="100")
        cancel_flight(flight=flight, now=later)
        return booking

    def test_says_who_what_the_money_and_all_that_happened(self, eventful, desk):
        page = read(story_of(desk, eventful)).words

        for words in (
            "Asha Rao",
            "KV101 4A",
            "DEL → BOM, 12:00 IST on Sun 20 Dec 2026, cancelled",
            "Of it waived ₹100",
            "Penalty waived: ₹100 goes back She called.",
            "Name corrected: Asha Roa, 1990-04-05 → Asha Rao, 1990-04-05",
            "Confirmed",
            "₹8,400 succeeded",
            "₹150 asked by sandbox",
            "Another seat: Asha Rao KV101",
            "Cancelled: Ravi",
            "was paid back",
            "Booking confirmed → traveller@example.com",
            "The flight was cancelled: KV101",
            "supervisor@airline.example",
        ):
            assert words in page

        assert "do not agree" not in page

    def test_each_line_leads_to_its_row(self, eventful, desk):
        page = story_of(desk, eventful)

        lines = page.context["story"].lines
        assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)
        for url in {line.url for line in lines if line.url}:
            assert desk.get(url).status_code == 200

    def test_says_no_more_than_somebody_may_see(self, eventful, page_of, staff):
        page = read(story_of(page_of(staff(Role.AIRPORT_AGENT)), eventful)).words

        assert "Asha Rao" in page
        for words in ("was paid back", "asked by sandbox", "Booking confirmed →", "Given back", "Correct a name"):
            assert words not in page

    def test_asks_no_more_of_the_database_for_being_longer(self, eventful, desk, now):
        def queries():
            story_of(desk, eventful)  # what a page says once is said
            with CaptureQueriesContext(connection) as asked:
                story_of(desk, eventful)
            return len(asked)

        short = queries()
        for amount in ("101", "102"):
            act(desk, eventful, "waive", amount=amount)
        act(desk, eventful, "resend", email="right@example.com")
        pay_refunds(now=now + timedelta(days=3))

        assert queries() == short <= 40


class TestActing:
    def test_a_name_is_seen_before_it_is_corrected(self, booking, desk):
        typed = {"title": "ms", "given_name": "Asha", "family_name": "Rao", "born_on": "1990-04-05"}

        shown, done = act(desk, booking, "rename", **typed)

        assert "Asha Roa, 1990-04-05 → ms Asha Rao" in read(shown).words
        assert "a name was corrected" in read(shown).words
        assert done.status_code == 302
        assert str(booking.passengers.get(position=0)) == "Asha Rao"

    def test_what_is_only_shown_is_not_done(self, booking, desk):
        url = f"/admin/bookings/booking/{booking.pk}/act/divide/"
        desk.post(url, {"passengers": ["1"], "email": "a@example.com", "reason": "Asked", "key": str(uuid4())})

        assert Booking.objects.count() == 1
        assert not booking.desk_acts.exists()

    def test_another_traveller_is_chosen_by_name(self, booking, desk):
        form = desk.get(f"/admin/bookings/booking/{booking.pk}/act/rename/?traveller=1").context["form"]

        assert form["given_name"].value() == "Ravi"

    def test_an_agent_corrects_slips_and_a_supervisor_more(self, booking, page_of, staff):
        typed = {"given_name": "Mirabel", "family_name": "Iyer", "born_on": "1990-04-05", "overrule": "on"}

        _shown, refused = act(page_of(staff(Role.AGENT)), booking, "rename", **typed)
        assert "another person" in read(refused).words
        _shown, done = act(page_of(staff(Role.SUPERVISOR)), booking, "rename", **typed)
        assert done.status_code == 302

    def test_a_quote_is_shown_and_that_one_is_confirmed(self, booking, desk):
        shown, done = act(desk, booking, "cancel", passengers=["1"], slices=["0"])

        assert "goes back to who paid" in read(shown).words
        assert done.status_code == 302
        assert CancellationQuote.objects.get().confirmed_at
        assert booking.desk_acts.get().reason == "She called."
        assert reconcile() == []

    def test_a_cancellation_that_was_not_shown_is_not_done(self, booking, desk):
        url = f"/admin/bookings/booking/{booking.pk}/act/cancel/"
        sent = {"passengers": ["0", "1"], "slices": ["0"], "reason": "Asked", "key": str(uuid4()), "confirm": "yes"}

        assert "Look at what comes back first" in read(desk.post(url, sent)).words

    def test_a_penalty_is_waived_by_who_may(self, booking, desk, now):
        later = now + timedelta(days=2)
        quote = quote_cancellation(booking=booking, now=later)
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=later)

        shown, _done = act(desk, booking, "waive", amount="")

        assert "Penalty waived" in read(shown).words
        assert Refund.objects.filter(reason="waived").count() == 1
        assert reconcile() == []

    def test_travellers_are_split_off(self, booking, desk):
        shown, done = act(desk, booking, "divide", passengers=["1"], email="ravi@example.com", phone="")

        assert "Split off into" in read(shown).words
        assert done.status_code == 302
        assert Booking.objects.get(contact_email="ravi@example.com").passengers.count() == 2
        assert reconcile() == []

    def test_a_confirmation_is_sent_again(self, booking, desk):
        act(desk, booking, "resend", email="right@example.com")

        assert Message.objects.filter(kind="booking_confirmed", recipient="right@example.com").count() == 1

    def test_a_hold_is_paid_or_let_go(self, traveller, flight, desk, now):
        paid, gone = make_hold(traveller, flight, now=now), make_hold(traveller, flight, now=now)

        act(desk, paid, "pay", token="tok_declined", total="4000.00")
        act(desk, paid, "pay", token="tok_ok", total="4000.00")
        act(desk, gone, "release")

        assert set(Booking.objects.values_list("pk", "status")) == {(paid.pk, "confirmed"), (gone.pk, "cancelled")}
        assert paid.desk_acts.count() == 2

    def test_another_price_is_not_charged(self, traveller, flight, desk, now):
        hold = make_hold(traveller, flight, now=now)

        _shown, done = act(desk, hold, "pay", token="tok_ok", total="1.00")

        assert "The price is ₹4,000 now" in read(done).words
        assert not hold.payments.model.objects.exists()

    def test_with_another_gateway_the_traveller_pays(self, traveller, flight, desk, now, settings):
        settings.PAYMENT_GATEWAYS = ["stripe"]
        hold = make_hold(traveller, flight, now=now)

        _shown, done = act(desk, hold, "pay", token="tok_ok", total="4000.00")

        assert "send them the way to pay" in read(done).words

    def test_without_a_reason_nothing_is_done(self, booking, desk):
        _shown, done = act(desk, booking, "resend", email="right@example.com", reason=" ")

        assert "This field is required." in read(done).words
        assert not booking.desk_acts.exists()

    def test_what_is_wrong_is_listed_first_with_links_to_the_fields(self, booking, desk):
        shown, _done = act(desk, booking, "divide", email="nobody", reason="")

        assert '<a href="#id_email">E-mail of the new booking: ' in shown.content.decode()
        assert "There is a problem" in read(shown).words

    def test_the_locator_that_a_split_shows_is_the_one_it_gets(self, booking, desk):
        shown, _done = act(desk, booking, "divide", passengers="0", email="a@example.com", phone="")

        assert f"Split off into {Booking.objects.latest('pk').locator}: " in read(shown).words

    def test_a_preview_says_whom_the_letter_goes_to(self, booking, desk):
        shown, _done = act(desk, booking, "resend", email="right@example.com")

        assert shown.context["preview"].recipient == "right@example.com"

    def test_what_cannot_be_done_leads_back_to_the_story(self, booking, desk):
        url = f"/admin/bookings/booking/{booking.pk}"

        answer = desk.get(f"{url}/act/waive/", follow=True)

        assert answer.redirect_chain == [(f"{url}/change/", 302)]
        assert "This cannot be done with this booking now." in read(answer).words

    def test_a_declined_card_is_no_success(self, traveller, flight, desk, now):
        hold = make_hold(traveller, flight, now=now)

        _shown, done = act(desk, hold, "pay", token="tok_declined", total="4000.00")

        assert {each.level_tag for each in get_messages(done.wsgi_request)} == {"error"}

    def test_there_is_no_other_page(self, booking, desk):
        assert desk.get(f"/admin/bookings/booking/{booking.pk}/act/dance/").status_code == 404


RIGHTS = {
    Role.AGENT: {"pay", "release", "cancel", "rename", "divide", "resend"},
    Role.SUPERVISOR: {"pay", "release", "cancel", "rename", "divide", "resend", "waive"},
    Role.ADMINISTRATOR: {"pay", "release", "cancel", "rename", "divide", "resend", "waive"},
}


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_each_act_is_for_those_whose_work_it_is(booking, page_of, staff, role):
    page = page_of(staff(role))
    every = sorted(RIGHTS[Role.SUPERVISOR])

    answers = {name: page.get(f"/admin/bookings/booking/{booking.pk}/act/{name}/").status_code for name in every}

    assert {name for name, status in answers.items() if status != 403} == RIGHTS.get(role, set())
    assert (page.get("/admin/bookings/booking/hold/").status_code == 200) == (role in RIGHTS)


class TestBookingForATraveller:
    @pytest.fixture
    def typed(self):
        return {
            "passengers-0-given_name": "Meera",
            "passengers-0-family_name": "Iyer",
            "passengers-0-born_on": "1990-04-05",
            "contact-email": "meera@example.com",
            "contact-phone": "+91 98765 43210",
            "reason": "On the phone",
            "key": str(uuid4()),
        }

    @pytest.fixture
    def offer(self, flight, now):
        return claim_for([flight], now=now).token

    def test_finds_what_can_be_had(self, desk, flight):
        page = desk.get(
            "/admin/bookings/booking/hold/",
            {"origin": "DEL", "destination": "BOM", "depart_on": "2026-12-20", "adults": 2, "children": 0, "infants": 0}
            | {"cabin": "economy"},
        )

        assert "KV101" in read(page).words
        assert "₹8,000" in read(page).words

    def test_says_what_is_wrong_with_a_search(self, desk):
        asked = {"origin": "Atlantis", "destination": "BOM", "depart_on": "2026-12-20", "adults": 1, "children": 0}

        page = desk.get("/admin/bookings/booking/hold/", asked | {"infants": 0, "cabin": "economy"})

        assert "origin" in page.context["form"].errors

    def test_holds_in_the_travellers_name(self, desk, offer, typed):
        url = f"/admin/bookings/booking/hold/?offer={offer}"

        first, again = (desk.post(url, typed | {"offer": offer}) for _twice in range(2))

        booking = Booking.objects.get()
        assert first.url == again.url == f"/admin/bookings/booking/{booking.pk}/change/"
        assert (booking.owner.email, booking.contact_phone) == ("meera@example.com", "+91 98765 43210")
        assert booking.desk_acts.get().reason == "On the phone"
        assert booking.held_from is None

    def test_what_is_wrong_is_said_at_its_field(self, desk, offer, typed, traveller):
        url = f"/admin/bookings/booking/hold/?offer={offer}"

        page = desk.post(url, typed | {"offer": offer, "contact-email": traveller.email})
        assert "has not confirmed" in read(page).words
        page = desk.post(url, typed | {"offer": offer, "passengers-0-born_on": "2024-01-01"})
        assert "this traveller is" in read(page).words
        assert not Booking.objects.exists()

    def test_a_price_that_moved_is_told_and_not_charged(self, desk, offer, typed, flight):
        fare = fare_of(flight)
        fare.amount = 5000
        fare.save()

        page = desk.post(f"/admin/bookings/booking/hold/?offer={offer}", typed | {"offer": offer})

        assert "from ₹4,000 to ₹5,000" in read(page).words
        assert open_offer(page.context["offer"].token).total == 5000
        assert not Booking.objects.exists()

    def test_an_offer_that_is_gone_leads_back(self, desk, offer, flight):
        flight.status = "cancelled"
        flight.save()

        assert desk.get(f"/admin/bookings/booking/hold/?offer={offer}").status_code == 302
