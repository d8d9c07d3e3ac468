"""The desk's pages for what was sold."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages

from airlines.tests.factories import make_flight
from bookings.admin.finding import find_at_once
from bookings.models import Booking, Coupon, Payment, Refund, Ticket
from bookings.services.payment import pay
from bookings.tests.factories import adult, make_booking, make_hold
from flights_project.gateway.models import User

pytestmark = pytest.mark.django_db

BOOKINGS = "/admin/bookings/booking/"
PAYMENTS = "/admin/bookings/payment/"


@pytest.fixture
def desk(page_of, agent):
    return page_of(agent)


@pytest.fixture
def clerk(db):
    """Staff who read bookings and do nothing with them."""
    user = User.objects.create_user("clerk@example.com", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_booking"))
    return user


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101")


@pytest.fixture
def hold(traveller, flight, now):
    return make_hold(traveller, flight, now=now)


@pytest.fixture
def booking(traveller, flight, now):
    people = [adult(given_name="Meera", family_name="Iyer"), adult(given_name="Ana", family_name="de Souza")]
    return make_booking(traveller, flight, now=now, travellers=people)


def act(page, where, action, *rows, reason="She called."):
    """The action's messages."""
    answer = page.post(where, {"action": action, "_selected_action": [row.pk for row in rows], "reason": reason})
    return [str(message) for message in get_messages(answer.wsgi_request)]


class TestFindingABooking:
    @pytest.fixture(autouse=True)
    def others(self, stranger, now):
        make_booking(stranger, make_flight("BLR", "BOM", departs_at=now + timedelta(days=3)), now=now)

    def found(self, desk, words):
        answer = desk.get(BOOKINGS, {"q": words})
        if answer.status_code == 302:  # the only one opens
            return list(Booking.objects.filter(pk=answer.url.split("/")[-3]))
        return list(answer.context["cl"].result_list)

    @pytest.mark.parametrize(
        "words",
        ["iyer", "IYE", "de souza", "traveller@example.com", "Traveller@Example.com", "kv101", "iyer KV101", " Iyer "],
    )
    def test_by_what_people_know(self, desk, booking, words):
        assert self.found(desk, words) == [booking]

    def test_by_its_locator_however_it_is_typed(self, desk, booking):
        assert self.found(desk, booking.locator.lower()) == [booking]

    @pytest.mark.parametrize("printed", [str, lambda ticket: ticket.number])
    def test_by_a_ticket(self, desk, booking, printed):
        ticket = Ticket.objects.filter(passenger__booking=booking).first()

        assert self.found(desk, printed(ticket)) == [booking]

    def test_by_what_banks_and_letters_call_it(self, desk, booking, now):
        payment = booking.payments.model.objects.get(booking=booking)
        refund = Refund.objects.create(payment=payment, amount=1, reason="waived", started_at=now)

        for words in (payment.reference, str(payment.pk), str(refund.pk), "KV101 2026-12-20", "2026-12-20"):
            assert self.found(desk, words) == [booking]
        assert self.found(desk, "KV101 2026-12-21") == []
        assert self.found(desk, "2026-02-31") == []

    def test_several_are_a_list(self, desk, booking, traveller, flight, now):
        another = make_booking(traveller, flight, now=now, travellers=[adult(family_name="Iyer", given_name="Dev")])

        assert set(self.found(desk, "iyer")) == {booking, another}

    @pytest.mark.parametrize("words", ["iyer KV999", "nobody", "897-0000000000", "nobody@example.com"])
    def test_finds_nothing_that_only_half_fits(self, desk, booking, words):
        assert self.found(desk, words) == []

    @pytest.mark.parametrize("where", ["payment", "ticket", "coupon"])
    def test_leads_to_what_belongs_to_it(self, desk, booking, where):
        rows = desk.get(f"/admin/bookings/{where}/", {"q": booking.locator}).context["cl"].result_list

        assert len(rows) == {"payment": 1, "ticket": 2, "coupon": 2}[where]

    def test_at_once_from_every_page(self, desk, booking):
        answer = desk.get("/admin/search/", {"s": booking.locator, "extended": "1"})

        assert f"{BOOKINGS}{booking.pk}/change/" in answer.content.decode()

    def test_at_once_finds_flights_and_only_what_somebody_may_see(self, booking, clerk, agent):
        def kinds(user):
            return {result.description for result in find_at_once(SimpleNamespace(user=user), "kv101")}

        assert kinds(agent) == {"Booking", "Flight"}
        assert kinds(clerk) == {"Booking"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"from_0": "2026-11-20"}, True),
        ({"from_0": "2026-11-21"}, False),
        ({"from_0": "2026-11-20", "from_1": "06:31"}, False),
        ({"to_0": "2026-11-20"}, True),
        ({"to_0": "2026-11-20", "to_1": "06:29"}, False),
    ],
)
def test_a_list_is_narrowed_by_instants_in_utc_and_by_days_alone(desk, booking, asked, found):
    words = {f"held_at_{name}": value for name, value in asked.items()}

    answer = desk.get("/admin/bookings/booking/", words)

    assert (booking in answer.context["cl"].result_list) == found


def test_what_is_no_instant_finds_nothing_and_is_named(desk, booking):
    answer = desk.get("/admin/bookings/booking/", {"held_at_from_0": "soon", "held_at_from_1": "08:00"})

    assert "Not a day and time: soon 08:00." in answer.content.decode()
    assert not answer.context["cl"].result_list


def test_travellers_of_a_day_are_listed_flight_by_flight(desk, booking, flight):
    day = {f"flight__departs_on_{end}": flight.departs_on.isoformat() for end in ("from", "to")}

    assert desk.get("/admin/bookings/coupon/", day).context["cl"].queryset.query.order_by[0] == "flight__departs_at"
    assert desk.get("/admin/bookings/coupon/", day).context["cl"].result_list


def test_the_list_says_what_an_agent_asks(desk, booking):
    row = desk.get(BOOKINGS).content.decode()

    for words in (
        booking.locator,
        "confirmed",
        "DEL → BOM",
        "12:00 IST",
        "Sun 20 Dec 2026",
        "Meera Iyer + 1",
        "₹8,000",
    ):
        assert words in row


def test_a_journey_with_a_gap_is_written_with_a_comma(desk, traveller, flight, now):
    onward = make_flight("BLR", "DEL", departs_at=flight.departs_at + timedelta(days=3))
    make_hold(traveller, flight, onward, now=now)

    assert "DEL → BOM, BLR → DEL" in desk.get(BOOKINGS).content.decode()


def test_the_page_of_a_booking_shows_all_of_it(desk, booking, now):
    refund = {"amount": 500, "reason": Refund.Reason.SEATS_GONE, "started_at": now}
    Refund.objects.create(payment=booking.payments.get(), **refund)
    ticket = Ticket.objects.filter(passenger__booking=booking).first()

    page = desk.get(f"{BOOKINGS}{booking.pk}/change/").content.decode()

    for words in (
        "Ana de Souza",
        str(ticket),
        "KV101 20 Dec 2026",
        "₹4,000",
        "sandbox",
        "₹500 goes back",
        "20 Nov 2026",
    ):
        assert words in page


@pytest.mark.parametrize("model", ["booking", "payment", "refund", "ticket", "coupon"])
@pytest.mark.parametrize("what", ["add/", "{pk}/change/", "{pk}/delete/"])
def test_nobody_writes_by_hand_what_was_sold(desk, booking, now, model, what):
    refund = {"amount": 500, "reason": Refund.Reason.SEATS_GONE, "started_at": now}
    Refund.objects.create(payment=booking.payments.get(), **refund)
    rows = {"booking": Booking, "payment": Payment, "refund": Refund, "ticket": Ticket, "coupon": Coupon}
    where = what.format(pk=rows[model].objects.first().pk)

    assert desk.post(f"/admin/bookings/{model}/{where}", {"post": "yes"}).status_code == 403


class TestLettingHoldsGo:
    def test_gives_the_seats_back(self, desk, hold, flight):
        assert act(desk, BOOKINGS, "release", hold) == ["1 hold was let go."]

        hold.refresh_from_db()
        assert (hold.status, flight.cabins.get(cabin="economy").seats_held) == ("cancelled", 0)

    def test_says_of_each_booking_that_cannot_go_why(self, desk, hold, booking):
        said = act(desk, BOOKINGS, "release", hold, booking)

        assert said == [
            f"{booking.locator}: Only a held booking without a running payment can be let go.",
            "1 hold was let go.",
        ]

    def test_is_done_for_a_reason(self, desk, hold):
        assert act(desk, BOOKINGS, "release", hold, reason=" ")[0].startswith("Say why")

        hold.refresh_from_db()
        assert (hold.status, LogEntry.objects.count()) == ("held", 0)

    def test_stays_with_the_booking_by_whom_and_why(self, desk, agent, hold):
        act(desk, BOOKINGS, "release", hold)

        page = desk.get(f"{BOOKINGS}{hold.pk}/change/").content.decode()
        assert "She called." in page
        entry = LogEntry.objects.get(object_id=str(hold.pk))
        assert (entry.user, entry.change_message) == (agent, "Let the selected holds go: She called.")

    def test_is_not_for_those_who_only_read(self, page_of, clerk, hold):
        act(page_of(clerk), BOOKINGS, "release", hold)

        hold.refresh_from_db()
        assert hold.status == "held"


class TestAskingTheGateway:
    @pytest.fixture
    def paying(self, hold, now):
        """The gateway has taken the money and its answer was lost."""
        pay(booking=hold, gateway="sandbox", token="tok_error", now=now)
        return hold

    @pytest.mark.parametrize("where", [BOOKINGS, PAYMENTS])
    def test_settles_a_running_payment(self, desk, paying, where):
        row = paying if where == BOOKINGS else paying.payments.get()

        assert act(desk, where, "ask_gateway", row) == ["1 running payment was asked about."]

        paying.refresh_from_db()
        assert (paying.status, paying.payments.get().status) == ("confirmed", "succeeded")

    def test_says_where_none_is_running(self, desk, booking):
        assert act(desk, BOOKINGS, "ask_gateway", booking) == ["No payment is running there."]

    def test_says_that_a_gateway_is_closed(self, desk, paying, settings):
        settings.PAYMENT_GATEWAYS = []

        [said] = act(desk, BOOKINGS, "ask_gateway", paying)

        assert said.endswith("There is no payment gateway with this name.")


class TestTheTravellersOfAFlight:
    def test_are_reached_from_its_page(self, desk, booking, flight):
        flight_page = desk.get(f"/admin/airlines/flight/{flight.pk}/change/").content.decode()
        assert "2 on this flight" in flight_page

        listed = desk.get("/admin/bookings/coupon/", {"flight__id__exact": flight.pk}).content.decode()
        assert "Meera Iyer" in listed
        assert "Ana de Souza" in listed
