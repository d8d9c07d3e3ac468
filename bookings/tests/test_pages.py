"""From the offer to the ticket, as a traveller sees it."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import settings

from airlines.models import FareFamily, FlightCabin, FlightFare
from airlines.services.pricing import Party
from airlines.tests.factories import TaxRuleFactory, make_flight
from airlines.tests.reading import read
from bookings.models import Booking, Payment
from bookings.services.expiry import expire_holds
from bookings.services.settlement import settle_due
from bookings.tests.factories import adult, claim_for, make_booking, make_hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101")


@pytest.fixture
def mine(page_of, traveller):
    return page_of(traveller)


def offer_of(*flights, now, **party):
    return claim_for(*[[flight] for flight in flights], now=now, party=Party(**party)).token


def person(position=0, **changes):
    entered = {"given_name": "Asha", "family_name": "Rao", "born_on": "1990-04-05"} | changes
    return {f"passengers-{position}-{name}": value for name, value in entered.items()}


def send(client, page, *people, email="asha@example.com", phone=""):
    """Fill in the form of `page` and send it; where something is wrong with it, what is shown then."""
    entered = {"contact-email": email, "contact-phone": phone}
    for one in people or [person()]:
        entered |= one
    answer = client.post("/book/", entered | {"offer": page.value("offer"), "key": page.value("key")})
    return client.get(answer["Location"]) if answer.get("Location", "").startswith("/book/") else answer


def open_form(client, token):
    return read(client.get("/book/", {"offer": token}))


def pay(client, booking, token="tok_ok", total=None):
    return client.post(f"/trips/{booking.locator}/pay/", {"token": token, "total": total or booking.total})


# --- Who travels ---------------------------------------------------------------------------------------------------


def test_booking_asks_to_log_in_and_keeps_the_offer(client, flight, now):
    token = offer_of(flight, now=now)

    answer = client.get("/book/", {"offer": token})

    where = parse_qs(urlsplit(answer["Location"]).query)["next"][0]
    assert parse_qs(urlsplit(where).query)["offer"] == [token]
    assert "The flights you chose stay chosen." in read(client.get(answer["Location"])).words


def test_who_signs_up_on_the_way_goes_on_with_the_booking(client, flight, now):
    token = offer_of(flight, now=now)
    signup = read(client.get(client.get("/book/", {"offer": token})["Location"])).link("^Sign up$")
    somebody = {
        "first_name": "Zoë",
        "last_name": "O’Neill",
        "email": "zoe@example.com",
        "password1": "a long enough passphrase",
    }

    answer = client.post(signup, somebody | {"next": parse_qs(urlsplit(signup).query)["next"][0]})

    page = read(client.get(answer["Location"]))
    assert "Who travels" in page.words
    assert page.value("passengers-0-given_name") == "Zoë"


def test_the_form_shows_journey_price_and_a_part_for_each_traveller(mine, flight, now):
    TaxRuleFactory(amount=300, name="User development fee")

    page = open_form(mine, offer_of(flight, now=now, adults=1, children=1, infants=1))

    assert "12:00 DEL" in page.words
    assert "1 adult ₹4,000 1 child ₹3,000 1 infant ₹400" in page.words
    assert "User development fee (IN) ₹600" in page.words
    assert "Total ₹8,000" in page.words
    assert "Traveller 1 adult" in page.words
    assert "Traveller 2 child" in page.words
    assert "Traveller 3 infant" in page.words
    assert "On the lap of" in page.words


def test_the_form_knows_who_is_logged_in(mine, traveller, flight, now):
    page = open_form(mine, offer_of(flight, now=now))

    assert page.value("passengers-0-given_name") == "Asha"
    assert page.value("contact-email") == traveller.email


def test_sending_the_form_holds_the_seats_and_leads_to_payment(mine, traveller, flight, now):
    page = open_form(mine, offer_of(flight, now=now))

    answer = send(mine, page, person(title="ms"), phone="+91 98765 43210")

    booking = Booking.objects.get(owner=traveller)
    assert answer["Location"] == f"/trips/{booking.locator}/pay/"
    assert booking.contact_phone == "+91 98765 43210"
    assert "Pay ₹4,000" in read(mine.get(answer["Location"])).words


def test_a_family_is_booked_with_the_infant_on_the_second_lap(mine, flight, now):
    page = open_form(mine, offer_of(flight, now=now, adults=2, children=1, infants=1))

    send(
        mine,
        page,
        person(0),
        person(1, given_name="Vikram"),
        person(2, given_name="Dev", born_on="2020-01-02"),
        person(3, given_name="Mini", born_on="2026-03-04", with_adult="1"),
    )

    assert [str(each) for each in Booking.objects.get().passengers.all()] == [
        "Asha Rao",
        "Vikram Rao",
        "Dev Rao",
        "Mini Rao",
    ]
    assert Booking.objects.get().passengers.get(type="infant").with_adult == 1


@pytest.mark.parametrize("name", ["Ñandú", "D’Arcy-O'Neill", "J. R.", "Ł", "प्रिया", "李", "de la  Cruz"])
def test_names_of_the_world_are_names(mine, flight, now, name):
    page = open_form(mine, offer_of(flight, now=now))

    send(mine, page, person(given_name=name))

    assert Booking.objects.get().passengers.get().given_name == " ".join(name.split())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"given_name": ""}, "Given name: Enter the given name."),
        ({"given_name": "42"}, "Given name: Enter the name as it stands in the passport"),
        ({"family_name": "---"}, "Family name: Enter the name as it stands in the passport"),
        ({"family_name": "x" * 61}, "Ensure this value has at most 60 characters"),
        ({"born_on": ""}, "Date of birth: Enter the date of birth."),
        ({"born_on": "1990-02-30"}, "Date of birth: Enter a date of the calendar."),
        ({"born_on": "2027-01-01"}, "Date of birth: This date of birth is in the future."),
        ({"born_on": "1890-01-01"}, "Date of birth: This date of birth is too long ago."),
        ({"born_on": "2020-01-01"}, "this traveller is a child (2 to 11), not an adult"),
        ({"title": "king"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(mine, flight, now, changes, message):
    page = open_form(mine, offer_of(flight, now=now))

    again = read(send(mine, page, person(**changes), email="kept@example.com"))

    assert message in again.words
    assert again.title.startswith("Error:")
    assert again.value("contact-email") == "kept@example.com"
    assert not Booking.objects.exists()


def test_an_infant_who_is_two_on_the_last_flight_is_told_so(mine, flight, now, in_a_month):
    back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=10))
    page = open_form(mine, offer_of(flight, back, now=now, adults=1, infants=1))

    again = read(send(mine, page, person(0), person(1, given_name="Mini", born_on="2024-12-25", with_adult="0")))

    assert "On the day of the last flight, 30 December 2026, this traveller is a child" in again.words


def test_two_infants_need_two_laps(mine, flight, now):
    page = open_form(mine, offer_of(flight, now=now, adults=2, infants=2))
    twins = [person(n, given_name=f"Mini{'ab'[n - 2]}", born_on="2026-03-04", with_adult="0") for n in (2, 3)]

    again = read(send(mine, page, person(0), person(1, given_name="Dev"), *twins))

    assert "There is already an infant on this adult's lap." in again.words


@pytest.mark.parametrize(("destination", "leads_back"), [("DEL", True), ("BLR", False)])
def test_two_flights_are_there_and_back_only_where_they_are(mine, flight, now, in_a_month, destination, leads_back):
    onward = make_flight("BOM", destination, departs_at=in_a_month + timedelta(days=3), number="KV202")

    words = open_form(mine, offer_of(flight, onward, now=now)).words

    assert ("Outbound" in words) is leads_back
    assert ("Return" in words) is leads_back


def test_a_form_that_is_sent_empty_says_all_that_is_missing(mine, flight, now):
    page = open_form(mine, offer_of(flight, now=now))

    again = read(send(mine, page, {}, email=""))

    for words in ("Enter the given name.", "Enter the family name.", "Enter the date of birth.", "Email"):
        assert words in again.words.partition("Enter each name")[0]


def test_what_was_wrong_is_on_a_page_of_its_own_that_can_be_loaded_again(mine, flight, now):
    token = offer_of(flight, now=now)
    shown = mine.post("/book/", person(born_on="2020-04-05") | {"offer": token, "contact-email": "a@example.com"})

    again = [read(mine.get(shown["Location"])).words for _time in range(2)]

    assert shown.status_code == 302
    assert all("this traveller is a child (2 to 11), not an adult" in words for words in again)
    assert "There is a problem" not in open_form(mine, token).words


def test_sending_the_same_form_twice_makes_one_booking(mine, flight, now):
    page = open_form(mine, offer_of(flight, now=now))

    first, second = send(mine, page), send(mine, page)

    assert first["Location"] == second["Location"]
    assert Booking.objects.count() == 1
    assert "You have sent this form before" in read(mine.get(second["Location"])).words


def test_the_last_seat_is_not_gone_for_whoever_took_it(mine, in_a_month, now):
    page = open_form(mine, offer_of(make_flight(departs_at=in_a_month, seats=1), now=now))

    assert send(mine, page)["Location"] == send(mine, page)["Location"]


def test_a_form_that_was_refused_can_be_corrected_and_sent_again(mine, flight, now):
    page = open_form(mine, offer_of(flight, now=now))
    again = read(send(mine, page, person(born_on="")))

    answer = send(mine, again)

    assert answer.status_code == 302
    assert Booking.objects.count() == 1


def test_a_form_without_a_key_books_once(mine, flight, now):
    page = open_form(mine, offer_of(flight, now=now))
    page.fields["key"]["value"] = "not a key \x00"

    assert send(mine, page).status_code == 302


def test_a_price_that_moved_is_shown_and_agreed_to_before_anything_is_held(mine, flight, now):
    page = open_form(mine, offer_of(flight, now=now))
    FlightFare.objects.update(amount=4500)

    again = read(send(mine, page, person(given_name="Vikram")))

    assert "It was ₹4,000 and is ₹4,500 now." in again.words
    assert "Continue at ₹4,500" in again.words
    assert again.value("passengers-0-given_name") == "Vikram"
    assert not Booking.objects.exists()
    send(mine, again, person(given_name="Vikram"))
    assert Booking.objects.get().total == 4500


def test_a_price_that_moved_since_the_search_is_shown_at_once(mine, flight, now):
    token = offer_of(flight, now=now)
    FlightFare.objects.update(amount=3500)

    assert "It was ₹4,000 and is ₹3,500 now." in open_form(mine, token).words


def test_seats_that_are_gone_lead_to_the_same_search(mine, flight, now):
    page = open_form(mine, offer_of(flight, now=now, adults=2))
    FlightCabin.objects.filter(cabin="economy").update(seats_sold=149)

    answer = send(mine, page, person(0), person(1, given_name="Dev"))

    gone = read(answer)
    assert answer.status_code == 410
    assert "only 1 seat is left on this flight, too few for all of you" in gone.words
    asked = parse_qs(urlsplit(gone.link("Search again")).query)
    assert asked["origin"] == ["New Delhi (DEL)"]
    assert asked["depart_on"] == ["2026-12-20"]
    assert asked["adults"] == ["2"]


def test_a_lapsed_offer_is_shown_at_the_price_of_now_and_agreed_to_again(mine, flight, now):
    page = open_form(mine, offer_of(flight, now=now))
    FlightFare.objects.update(amount=4500)

    with time_machine.travel(now + settings.OFFER_LIFETIME + timedelta(seconds=1), tick=False):
        again = read(send(mine, page, person(given_name="Vikram")))
        assert not Booking.objects.exists()
        send(mine, again, person(given_name="Vikram"))

    assert "the time of this one was over" in again.words
    assert "It was ₹4,000 and is ₹4,500 now." in again.words
    assert again.value("passengers-0-given_name") == "Vikram"
    assert Booking.objects.get().total == 4500


def test_what_is_wrong_is_said_of_a_lapsed_offer_too(mine, flight, now):
    page = open_form(mine, offer_of(flight, now=now))

    with time_machine.travel(now + settings.OFFER_LIFETIME + timedelta(seconds=1), tick=False):
        again = read(send(mine, page, person(born_on="")))

    assert "Date of birth: Enter the date of birth." in again.words


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "\x00", "é" * 40, "x" * 5000])
def test_an_offer_that_is_none_of_ours_is_refused(mine, now, token):
    answer = mine.get("/book/", {"offer": token})

    assert answer.status_code == 410
    assert read(answer).link("Search again") == "/search/"


def test_a_tampered_offer_is_refused(mine, flight, now):
    token = offer_of(flight, now=now)

    assert mine.get("/book/", {"offer": "A" + token[1:]}).status_code == 410


def test_a_traveller_who_has_a_seat_is_not_booked_again(mine, traveller, flight, now):
    make_hold(traveller, flight, now=now, travellers=[adult(given_name="Asha", family_name="Rao")])
    page = open_form(mine, offer_of(flight, now=now))

    again = read(send(mine, page))

    assert "already has a seat on one of these flights" in again.words
    assert Booking.objects.count() == 1


def test_a_sixth_booking_of_a_quarter_is_refused(mine, traveller, flight, now):
    for _each in range(5):
        make_booking(traveller, flight, now=now)
    page = open_form(mine, offer_of(flight, now=now))

    assert "as many bookings as one person may" in read(send(mine, page)).words


def test_who_holds_too_much_without_paying_is_told_so(mine, traveller, flight, now, settings):
    settings.RATE_LIMITS = True
    for _each in range(settings.OPEN_HOLDS_PER_USER):
        make_hold(traveller, flight, now=now)
    page = open_form(mine, offer_of(flight, now=now))

    assert "You hold seats that are not paid yet." in read(send(mine, page)).words


def test_nobody_is_booked_on_two_flights_at_once(mine, traveller, flight, now, in_a_month):
    make_hold(traveller, flight, now=now, travellers=[adult(given_name="Asha", family_name="Rao")])
    other = make_flight("DEL", "BLR", departs_at=in_a_month + timedelta(hours=1))
    page = open_form(mine, offer_of(other, now=now))

    assert "Asha Rao is booked on KV101, which flies at the same time." in read(send(mine, page)).words


# --- Paying --------------------------------------------------------------------------------------------------------


@pytest.fixture
def hold(traveller, flight, now):
    return make_hold(traveller, flight, now=now)


def test_the_page_to_pay_says_until_when(mine, hold):
    page = read(mine.get(f"/trips/{hold.locator}/pay/"))

    assert "Your seats are held until 12:20 IST on Fri 20 Nov 2026" in page.words
    assert "The price is guaranteed until 12:15 IST" in page.words


def test_paying_issues_tickets_and_says_so(mine, hold):
    answer = pay(mine, hold)

    page = read(mine.get(answer["Location"]))
    assert "You are booked" in page.words
    assert hold.locator in page.words
    assert f"Ticket {settings.AIRLINE_ACCOUNTING_CODE}-" in page.words


def test_a_declined_card_leaves_the_hold(mine, hold):
    answer = pay(mine, hold, "tok_declined")

    page = read(mine.get(answer["Location"]))
    assert "Your bank declined the card. Nothing was charged" in page.words
    assert "Pay ₹4,000" in page.words


def test_a_lost_answer_is_waited_for_and_not_charged_twice(mine, hold, now):
    answer = pay(mine, hold, "tok_error")
    assert "We are asking your bank" in read(mine.get(answer["Location"])).words

    pay(mine, hold, "tok_ok")
    assert Payment.objects.count() == 1
    assert "A payment for this booking is still running" in read(mine.get(answer["Location"])).words

    settle_due(now=now + timedelta(minutes=1))
    assert mine.get(answer["Location"])["Location"] == f"/trips/{hold.locator}/"


def test_the_waiting_page_moves_on_by_itself(mine, hold, now):
    pay(mine, hold, "tok_error")
    settle_due(now=now + timedelta(minutes=1))

    answer = mine.get(f"/trips/{hold.locator}/pay/", headers={"HX-Request": "true"})

    assert answer["HX-Redirect"] == f"/trips/{hold.locator}/"


@pytest.mark.parametrize(
    ("button", "seen"), [("approve", "You are booked"), ("decline", "Your bank declined the card.")]
)
def test_a_bank_may_ask_to_confirm(mine, hold, button, seen):
    challenge = pay(mine, hold, "tok_3ds")["Location"]
    assert "Confirm the payment" in read(mine.get(challenge)).words

    answer = mine.post(challenge, {button: "yes"})

    assert seen in read(mine.get(answer["Location"])).words


def test_whoever_leaves_the_bank_finds_the_way_back(mine, hold):
    challenge = pay(mine, hold, "tok_3ds")["Location"]

    page = read(mine.get(f"/trips/{hold.locator}/pay/"))

    assert "Your bank wants you to confirm" in page.words
    assert page.link("Go to the bank's page").endswith(challenge)


def test_an_answered_challenge_is_over(mine, hold):
    challenge = pay(mine, hold, "tok_3ds")["Location"]
    mine.post(challenge, {"approve": "yes"})

    assert mine.post(challenge, {"decline": "yes"})["Location"] == f"/trips/{hold.locator}/"


def test_another_total_than_the_page_showed_is_not_charged(mine, hold):
    page = read(pay(mine, hold, total="3999.00"))

    assert "The price is ₹4,000 now. Nothing was charged" in page.words
    assert not Payment.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"token": "tok_gold"}, {"token": "tok_ok"}, {"token": "tok_ok", "total": "x"}])
def test_a_payment_that_is_not_of_the_page_is_refused(mine, hold, sent):
    answer = mine.post(f"/trips/{hold.locator}/pay/", sent)

    assert "There is a problem" in read(answer).words
    assert not Payment.objects.exists()


def test_a_price_that_moved_after_the_guarantee_is_asked_about(mine, hold, now):
    FlightFare.objects.update(amount=4600)

    with time_machine.travel(now + settings.PRICE_GUARANTEE, tick=False):
        page = read(mine.get(pay(mine, hold)["Location"]))

    assert "The price has changed from ₹4,000 to ₹4,600. Nothing was charged" in page.words
    assert "Pay ₹4,600" in page.words


def test_paying_too_late_charges_nothing(mine, hold, now):
    with time_machine.travel(now + settings.HOLD_LIFETIME, tick=False):
        page = read(mine.get(pay(mine, hold)["Location"]))

    assert "The time to pay has run out" in page.words
    assert "destination=Mumbai" in page.link("Search the same again")
    assert not Payment.objects.exists()


def test_paying_twice_leads_to_the_trip(mine, hold):
    assert pay(mine, hold)["Location"] == pay(mine, hold)["Location"]
    assert Payment.objects.count() == 1


def test_without_a_gateway_the_page_says_so(mine, hold, settings):
    settings.PAYMENT_GATEWAYS = []

    page = read(mine.get(f"/trips/{hold.locator}/pay/"))

    assert "Paying online is not open at the moment" in page.words
    assert "token" not in page.fields
    pay(mine, hold)
    assert not Payment.objects.exists()


def test_the_test_bank_is_not_there_without_the_sandbox(mine, hold, settings):
    challenge = pay(mine, hold, "tok_3ds")["Location"]
    settings.PAYMENT_GATEWAYS = []

    assert mine.get(challenge).status_code == 404


def test_seats_can_be_let_go(mine, hold):
    answer = mine.post(f"/trips/{hold.locator}/release/")

    page = read(mine.get(answer["Location"]))
    assert "You let the seats go." in page.words
    assert "This booking is cancelled" in page.words


def test_seats_that_are_being_paid_are_not_let_go(mine, hold):
    pay(mine, hold, "tok_error")

    answer = mine.post(f"/trips/{hold.locator}/release/")

    assert "This booking cannot be let go now" in read(mine.get(answer["Location"])).words


# --- Trips ---------------------------------------------------------------------------------------------------------


def test_trips_are_upcoming_or_ended(mine, traveller, flight, now, in_a_month):
    make_booking(traveller, flight, now=now)
    make_hold(traveller, make_flight("BLR", "BOM", departs_at=in_a_month), now=now - timedelta(hours=1))
    expire_holds(now=now)

    page = read(mine.get("/trips/"))

    assert page.words.index("New Delhi to Mumbai") < page.words.index("Past and ended")
    assert page.words.index("Past and ended") < page.words.index("Bengaluru to Mumbai")
    assert "Confirmed" in page.words
    assert "Not paid in time" in page.words


def test_without_trips_the_page_leads_to_the_search(mine):
    assert "No trip ahead of you." in read(mine.get("/trips/")).words


def test_a_trip_that_was_not_paid_says_so_and_leads_to_the_search(mine, hold, now):
    expire_holds(now=now + settings.HOLD_LIFETIME)

    page = read(mine.get(f"/trips/{hold.locator}/"))

    assert "This booking was not paid in time" in page.words
    assert "depart_on=2026-12-20" in page.link("Search the same again")


def test_a_held_trip_can_be_paid_from_its_page(mine, hold):
    page = read(mine.get(f"/trips/{hold.locator.lower()}/"))

    assert "Your seats are held, and not paid yet" in page.words
    assert page.link("Pay ₹4,000") == f"/trips/{hold.locator}/pay/"


def test_trips_are_read_in_as_many_questions_for_many_as_for_one(
    mine, traveller, flight, now, django_assert_max_num_queries
):
    for _each in range(4):
        make_booking(traveller, flight, now=now)

    with django_assert_max_num_queries(17):
        mine.get("/trips/")


@pytest.mark.parametrize("page", ["", "pay/"])
def test_anothers_trip_is_not_there(page_of, stranger, hold, page):
    assert page_of(stranger).get(f"/trips/{hold.locator}/{page}").status_code == 404


@pytest.mark.parametrize("page", ["", "pay/", "seats/", "cancel/", "e-ticket.pdf"])
def test_anothers_hold_reads_as_a_booking_that_never_was(page_of, stranger, hold, page):
    somebody = page_of(stranger)

    shown = read(somebody.get(f"/trips/{hold.locator}/{page}")).words

    assert "There is no such page" in shown
    assert shown == read(somebody.get(f"/trips/BBBBBB/{page}")).words


def test_another_can_do_nothing_with_a_trip(page_of, stranger, mine, hold):
    somebody = page_of(stranger)

    assert somebody.post(f"/trips/{hold.locator}/release/").status_code == 404
    assert pay(somebody, hold).status_code == 404
    assert somebody.post(f"/trips/{hold.locator}/cancel/").status_code == 404


def test_the_banks_page_asks_for_no_log_in_and_shows_nothing_but_the_charge(client, mine, hold):
    """A bank is not behind our log-in: an integrator's customer answers here too, who has no account."""
    challenge = pay(mine, hold, "tok_3ds")["Location"]

    assert "Asha" not in read(client.get(challenge)).words
    assert "Your answer is noted." in read(client.post(challenge, {"approve": "yes"})).words

    hold.refresh_from_db()
    assert hold.status == "confirmed"


@pytest.mark.parametrize("locator", ["NOSUCH", "x", "☃☃☃☃☃☃", "%00%00%00%00%00%00", "NOSUCH7"])
def test_a_trip_that_never_was_is_not_there(mine, locator):
    assert mine.get(f"/trips/{locator}/").status_code == 404


@pytest.mark.parametrize("path", ["/trips/", "/trips/ABC234/", "/trips/ABC234/pay/"])
def test_trips_ask_to_log_in(client, db, path):
    assert client.get(path)["Location"] == f"/accounts/login/?next={path}"


def test_letting_go_and_paying_are_not_done_by_links(mine, hold):
    assert mine.get(f"/trips/{hold.locator}/release/").status_code == 405


# --- Cancelling ----------------------------------------------------------------------------------------------------


@pytest.fixture
def journey(traveller, flight, now, in_a_month):
    """There and back for two, in a fare that gives back half."""
    FareFamily.objects.update(refund_percent=50)
    back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=2), number="KV102")
    people = [adult(given_name="Asha", family_name="Rao"), adult(given_name="Vikram", family_name="Rao")]
    return make_booking(traveller, flight, back, now=now, travellers=people)


def ask_to_cancel(client, booking, **chosen):
    everything = {"passengers": [0, 1], "slices": [0, 1]}
    return client.post(f"/trips/{booking.locator}/cancel/", everything | chosen)


def test_a_trip_is_cancelled_after_its_refund_was_shown(mine, journey, now):
    with time_machine.travel(now + timedelta(days=2), tick=False):
        quote = ask_to_cancel(mine, journey)["Location"]
        shown = read(mine.get(quote))
        done = read(mine.get(mine.post(quote)["Location"]))

    assert "Paid for this ₹16,000" in shown.words
    assert "Kept by the terms of your fare −₹8,000" in shown.words
    assert "Comes back to you ₹8,000" in shown.words
    assert "Cancelled. ₹8,000 goes back to you." in done.words
    assert "This booking is cancelled" in done.words
    assert "Refund On its way −₹8,000" in done.words


def test_one_traveller_can_be_cancelled(mine, journey, now):
    quote = ask_to_cancel(mine, journey, passengers=[1])["Location"]
    mine.post(quote)

    page = read(mine.get(f"/trips/{journey.locator}/"))

    assert "A part of this trip is cancelled" in page.words
    assert "Vikram Rao Cancelled" in page.words


def test_one_direction_can_be_cancelled(mine, journey, now):
    quote = ask_to_cancel(mine, journey, slices=[1])["Location"]
    mine.post(quote)

    page = read(mine.get(f"/trips/{journey.locator}/"))

    assert "KV102 Kestrel Air Direct Cancelled by you" in page.words
    assert "KV101 Kestrel Air Direct" in page.words


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"passengers": []}, "Choose whom to cancel for."),
        ({"slices": []}, "Choose what to cancel."),
        ({"passengers": [7]}, "Select a valid choice."),
    ],
)
def test_nothing_chosen_cancels_nothing(mine, journey, chosen, message):
    assert message in read(ask_to_cancel(mine, journey, **chosen)).words


def test_an_expired_calculation_cancels_nothing(mine, journey, now):
    quote = ask_to_cancel(mine, journey)["Location"]

    with time_machine.travel(now + settings.CANCELLATION_QUOTE_LIFETIME, tick=False):
        page = read(mine.get(mine.post(quote)["Location"]))

    assert "This calculation has expired, and nothing was cancelled." in page.words


def test_what_is_not_paid_is_let_go_and_not_cancelled(mine, hold):
    assert mine.get(f"/trips/{hold.locator}/cancel/")["Location"] == f"/trips/{hold.locator}/"


def test_anothers_trip_cannot_be_cancelled(page_of, stranger, mine, journey):
    quote = ask_to_cancel(mine, journey)["Location"]

    assert ask_to_cancel(page_of(stranger), journey).status_code == 404
    assert page_of(stranger).post(quote).status_code == 404
