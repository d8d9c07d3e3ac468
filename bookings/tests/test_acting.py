"""What staff do for whoever calls: once, with who did it and why, and whatever they do, money and seats add up."""

from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection
from structlog.testing import capture_logs

from airlines.exceptions import PriceChanged
from airlines.models import FareFamily, FlightCabin
from airlines.tests.factories import TaxRuleFactory, claim_for, make_flight
from bookings.exceptions import (
    AlreadyBooked,
    MinorsAlone,
    NameNotCorrectable,
    NotDividable,
    NothingToSend,
    NothingToWaive,
    NotPayable,
    PaymentRunning,
    QuoteOutdated,
    TravellerElsewhere,
)
from bookings.gateways.sandbox import SandboxGateway
from bookings.models import Booking, Coupon, DeskAct, ItineraryChange, Payment, Refund, SandboxCharge
from bookings.services import for_travellers
from bookings.services.acting import Mandate
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.check_in import check_in
from bookings.services.dividing import divide_booking
from bookings.services.for_travellers import cancel_for, hold_for, pay_for, release_for
from bookings.services.holds import Contact
from bookings.services.irregular_days import delay_flight
from bookings.services.itinerary_changes import open_changes
from bookings.services.name_corrections import correct_name
from bookings.services.payment import pay
from bookings.services.reconciliation import reconcile
from bookings.services.refunds import pay_refunds
from bookings.services.resending import resend
from bookings.services.seating import choose_seats
from bookings.services.settlement import record_answer
from bookings.services.travellers import Traveller
from bookings.services.waivers import waive_penalty
from bookings.tests.factories import adult, child, infant, make_booking, make_hold
from flights_project.gateway.models import User
from flights_project.lib.errors import InvalidRequest
from notifications.models import Event, EventType, Message

pytestmark = pytest.mark.django_db

OTHER = Contact(email="ravi@example.com", phone="+911200000000")


@pytest.fixture(autouse=True)
def _it_adds_up(db):
    yield
    assert [str(difference) for difference in reconcile()] == []


@pytest.fixture
def flight(in_a_month):
    TaxRuleFactory(amount=300)
    flight = make_flight(departs_at=in_a_month, number="KV101")
    FareFamily.objects.update(refund_percent=40, seat_fee=150)
    return flight


@pytest.fixture
def mandate(agent):
    return Mandate(by=agent, reason="She called.", key=uuid4())


@pytest.fixture
def again(agent):
    """Another act of the same person."""
    return lambda: Mandate(by=agent, reason="She called again.", key=uuid4())


@pytest.fixture
def asha():
    return adult(given_name="Asha", family_name="Roa")


@pytest.fixture
def later(now):
    """After the day in which everything comes back."""
    return now + timedelta(days=2)


def cancel(booking, now, **chosen):
    quote = quote_cancellation(booking=booking, now=now, **chosen)
    return confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)


def messages_about(booking, kind):
    return Message.objects.filter(kind=kind, subject__startswith=booking.locator)


def test_nobody_acts_without_a_reason(agent):
    with pytest.raises(InvalidRequest, match="Say why"):
        Mandate(by=agent, reason="  ", key=uuid4())


class TestHolding:
    @pytest.fixture
    def hold(self, flight, mandate, now):
        def hold(email, by=mandate, **who):
            contact = Contact(email=email)
            return hold_for(
                offer=claim_for([flight], now=now), travellers=[adult(**who)], contact=contact, mandate=by, now=now
            ).booking

        return hold

    def test_is_for_the_member_who_has_confirmed_the_address(self, hold, traveller, agent):
        EmailAddress.objects.create(user=traveller, email=traveller.email, verified=True, primary=True)

        booking = hold(traveller.email.upper())

        act = booking.desk_acts.get()
        assert (booking.owner, act.kind, act.by, act.reason) == (traveller, "hold", agent, "She called.")

    def test_is_for_a_new_account_that_only_who_reads_its_mail_can_open(self, hold, again):
        first, second = hold("new@example.com"), hold("new@example.com", again())

        assert first.owner == second.owner
        assert not first.owner.has_usable_password()
        assert not EmailAddress.objects.get(user=first.owner).verified

    def test_is_not_for_somebody_who_has_only_typed_the_address(self, hold, traveller):
        with pytest.raises(InvalidRequest, match="has not confirmed") as refused:
            hold(traveller.email)

        assert list(refused.value.errors) == ["email"]
        assert not Booking.objects.exists()

    def test_sent_twice_is_one_booking(self, hold):
        assert hold("new@example.com") == hold("new@example.com")
        assert Booking.objects.count() == 1


class TestPayingAndCancelling:
    def test_a_payment_says_who_took_it(self, traveller, flight, mandate, now):
        booking = make_hold(traveller, flight, now=now)

        act = pay_for(booking=booking, gateway="sandbox", token="tok_ok", total=booking.total, mandate=mandate, now=now)
        same = pay_for(
            booking=booking, gateway="sandbox", token="tok_ok", total=booking.total, mandate=mandate, now=now
        )

        assert act == same
        assert act.facts["payment"] == str(Payment.objects.get().pk)
        assert Payment.objects.count() == 1

    def test_a_declined_form_that_is_sent_again_with_another_card_takes_no_money(self, traveller, flight, mandate, now):
        booking = make_hold(traveller, flight, now=now)

        declined = pay_for(
            booking=booking, gateway="sandbox", token="tok_declined", total=booking.total, mandate=mandate, now=now
        )

        assert (
            pay_for(booking=booking, gateway="sandbox", token="tok_ok", total=booking.total, mandate=mandate, now=now)
            == declined
        )
        assert Payment.objects.get().status == Payment.Status.FAILED

    def test_a_form_that_is_sent_while_it_is_being_paid_is_one_payment(
        self, traveller, flight, mandate, now, monkeypatch
    ):
        booking = make_hold(traveller, flight, now=now)

        def ask():
            return pay_for(
                booking=booking, gateway="sandbox", token="tok_ok", total=booking.total, mandate=mandate, now=now
            )

        def pay_after_the_other(**asked):
            monkeypatch.setattr(for_travellers, "pay", pay)
            ask()
            return pay(**asked)

        monkeypatch.setattr(for_travellers, "pay", pay_after_the_other)

        assert ask().facts["payment"] == str(Payment.objects.get().pk)

    def test_another_total_than_was_read_out_is_not_taken(self, traveller, flight, mandate, now):
        booking = make_hold(traveller, flight, now=now)
        read_out = booking.total - 1

        with pytest.raises(PriceChanged):
            pay_for(booking=booking, gateway="sandbox", token="tok_ok", total=read_out, mandate=mandate, now=now)

        assert not Payment.objects.exists()
        assert not booking.desk_acts.exists()

    def test_what_is_paid_is_not_paid_again(self, traveller, flight, mandate, now):
        booking = make_booking(traveller, flight, now=now)

        with pytest.raises(NotPayable):
            pay_for(booking=booking, gateway="sandbox", token="tok_ok", total=booking.total, mandate=mandate, now=now)

    def test_a_quote_is_confirmed_by_one_person_once(self, traveller, flight, mandate, again, later, now):
        booking = make_booking(traveller, flight, now=now)
        quote = quote_cancellation(booking=booking, now=later)

        first = cancel_for(booking=booking, quote_id=quote.pk, mandate=mandate, now=later)

        assert cancel_for(booking=booking, quote_id=quote.pk, mandate=mandate, now=later) == first
        assert first.facts["amount"]["amount"] == "1900.00"
        with pytest.raises(QuoteOutdated):
            cancel_for(booking=booking, quote_id=quote.pk, mandate=again(), now=later)

    def test_the_refund_says_that_staff_did_it(self, traveller, flight, mandate, later, now):
        booking = make_booking(traveller, flight, now=now)
        quote = quote_cancellation(booking=booking, now=later)

        cancel_for(booking=booking, quote_id=quote.pk, mandate=mandate, now=later)

        assert Refund.objects.get().get_reason_display() == "cancelled by staff for the traveller"

    def test_refunds_of_before_are_told_apart_by_who_did_it(self, traveller, flight, mandate, later, now):
        for moment, act in ((later, cancel_for), (later + timedelta(hours=1), None)):
            booking = make_booking(traveller, flight, now=now)
            quote = quote_cancellation(booking=booking, now=moment)
            if act:
                act(booking=booking, quote_id=quote.pk, mandate=mandate, now=moment)
            else:
                confirm_cancellation(booking=booking, quote_id=quote.pk, now=moment)
        Refund.objects.update(reason="cancelled")

        migration = import_module("bookings.migrations.0014_say_who_cancelled")
        with connection.schema_editor() as editor:
            migration.say_who_cancelled(apps, editor)

        assert list(Refund.objects.order_by("started_at").values_list("reason", flat=True)) == [
            "cancelled_at_desk",
            "cancelled",
        ]

    def test_a_hold_is_let_go_once(self, traveller, flight, mandate, now):
        booking = make_hold(traveller, flight, now=now)

        first = release_for(booking=booking, mandate=mandate, now=now)

        assert release_for(booking=booking, mandate=mandate, now=now) == first
        assert Booking.objects.get().status == "cancelled"


class TestWaivingAPenalty:
    @pytest.fixture
    def cancelled(self, traveller, flight, later, now):
        """Of 4,300 for each of two 2,400 was kept."""
        booking = make_booking(traveller, flight, now=now, travellers=[adult(), adult()])
        cancel(booking, later)
        return booking

    def waive(self, booking, mandate, now, amount=None):
        return waive_penalty(booking=booking, amount=amount, mandate=mandate, now=now)

    def test_gives_back_all_that_was_kept(self, cancelled, mandate, later):
        self.waive(cancelled, mandate, later)

        refund = Refund.objects.get(reason="waived")
        assert refund.amount == 4800
        assert set(cancelled.coupons.values_list("penalty", flat=True)) == {0}
        assert pay_refunds(now=later) == 2
        assert cancelled.payments.get().status == "refunded"
        assert SandboxCharge.objects.get().refunded == 8600

    def test_gives_back_a_part_and_then_the_rest(self, cancelled, mandate, again, later):
        self.waive(cancelled, mandate, later, Decimal(3000))
        self.waive(cancelled, again(), later)

        assert list(Refund.objects.filter(reason="waived").order_by("-amount").values_list("amount", flat=True)) == [
            3000,
            1800,
        ]
        with pytest.raises(NothingToWaive):
            self.waive(cancelled, again(), later)

    @pytest.mark.parametrize("amount", ["4800.01", "0", "-1", "0.001"])
    def test_never_gives_back_more_than_was_kept(self, cancelled, mandate, later, amount):
        with pytest.raises(InvalidRequest) as refused:
            self.waive(cancelled, mandate, later, Decimal(amount))

        assert list(refused.value.errors) == ["amount"]
        assert not Refund.objects.filter(reason="waived").exists()

    def test_sent_twice_is_waived_once(self, cancelled, mandate, later):
        for _twice in range(2):
            self.waive(cancelled, mandate, later, Decimal(100))

        assert Refund.objects.get(reason="waived").amount == 100

    def test_there_is_nothing_to_waive_of_what_is_flown(self, traveller, flight, mandate, now):
        with pytest.raises(NothingToWaive):
            self.waive(make_booking(traveller, flight, now=now), mandate, now)


class TestCorrectingAName:
    @pytest.fixture
    def booking(self, traveller, flight, asha, now):
        return make_booking(traveller, flight, now=now, travellers=[asha, child(given_name="Dev", family_name="Roa")])

    @pytest.fixture
    def correct(self, booking, again, now):
        def correct(position=0, *, overrule=False, when=now, mandate=None, **changes):
            who = booking.passengers.get(position=position)
            names = {name: getattr(who, name) for name in ("title", "given_name", "family_name", "born_on")} | changes
            return correct_name(
                booking=booking,
                position=position,
                corrected=Traveller(type="", **names),
                mandate=mandate or again(),
                now=when,
                overrule=overrule,
            )

        return correct

    def test_the_ticket_keeps_its_number_and_the_name_is_right(self, booking, correct):
        before = booking.passengers.get(position=0)

        act = correct(family_name="Rao", title="ms")

        after = booking.passengers.select_related("ticket").get(position=0)
        assert (str(after), after.title, after.ticket) == ("Asha Rao", "ms", before.ticket)
        assert (act.facts["before"], act.facts["after"]) == ("Asha Roa, 1990-04-05", "ms Asha Rao, 1990-04-05")
        assert Coupon.objects.get(passenger=after).identity == adult(given_name="Asha", family_name="Rao").identity
        assert messages_about(booking, "booking_changed").get().context["corrected"] == "Asha Rao"

    @pytest.mark.parametrize(
        "changes",
        [
            {"given_name": "Aisha"},
            {"given_name": "Roa", "family_name": "Asha"},
            {"given_name": "Àsha"},
            {"born_on": date(1991, 4, 5)},
            {"family_name": "Roaxyz"},
        ],
    )
    def test_slips_are_corrected(self, correct, changes):
        assert correct(**changes).kind == "rename"

    @pytest.mark.parametrize("changes", [{"given_name": "Meera"}, {"family_name": "Rao", "born_on": date(1991, 4, 5)}])
    def test_another_person_takes_somebody_who_answers_for_it(self, correct, changes):
        with pytest.raises(InvalidRequest, match="another person"):
            correct(**changes)

        assert correct(overrule=True, **changes).facts["overruled"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"given_name": "123"}, "given_name"),
            ({"family_name": ""}, "family_name"),
            ({"born_on": date(2020, 1, 1)}, "born_on"),
            ({"born_on": date(2099, 1, 1)}, "born_on"),
            ({}, "family_name"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, correct, changes, field):
        with pytest.raises(InvalidRequest) as refused:
            correct(overrule=True, **changes)

        assert list(refused.value.errors) == [field]

    def test_nobody_becomes_somebody_who_is_on_the_flight(self, correct, traveller, flight, now):
        make_booking(traveller, flight, now=now, travellers=[adult(given_name="Asha", family_name="Rao")])

        with pytest.raises(AlreadyBooked, match="Asha Rao"):
            correct(family_name="Rao")

    def test_nobody_becomes_somebody_who_is_elsewhere(self, correct, traveller, in_a_month, now):
        elsewhere = make_flight("DEL", "BLR", departs_at=in_a_month)
        make_booking(traveller, elsewhere, now=now, travellers=[adult(given_name="Asha", family_name="Rao")])

        with pytest.raises(TravellerElsewhere):
            correct(family_name="Rao")

    def test_afterwards_the_wrong_name_is_free_and_the_right_one_is_not(self, correct, traveller, flight, asha, now):
        correct(family_name="Rao")

        make_booking(traveller, flight, now=now, travellers=[asha])
        with pytest.raises(AlreadyBooked):
            make_booking(traveller, flight, now=now, travellers=[adult(given_name="Asha", family_name="Rao")])

    def test_a_boarding_pass_keeps_its_name(self, booking, correct, flight):
        check_in(booking=booking, now=flight.departs_at - timedelta(hours=4))

        with pytest.raises(NameNotCorrectable):
            correct(family_name="Rao")

    def test_nothing_is_corrected_of_what_is_over(self, booking, correct, now):
        cancel(booking, now)

        with pytest.raises(NameNotCorrectable):
            correct(family_name="Rao")

    def test_of_nobody_is_refused(self, booking, mandate, asha, now):
        with pytest.raises(InvalidRequest, match="no such traveller"):
            correct_name(booking=booking, position=9, corrected=asha, mandate=mandate, now=now)

    def test_sent_twice_is_corrected_once(self, booking, correct, mandate):
        assert correct(family_name="Rao", mandate=mandate) == correct(family_name="Rao", mandate=mandate)
        assert messages_about(booking, "booking_changed").count() == 1

    def test_a_hold_is_corrected_without_a_word(self, traveller, flight, mandate, now):
        hold = make_hold(traveller, flight, now=now, travellers=[adult(given_name="Ravi", family_name="Iyr")])
        ravi = Traveller(type="", given_name="Ravi", family_name="Iyer", born_on=date(1990, 4, 5))

        correct_name(booking=hold, position=0, corrected=ravi, mandate=mandate, now=now)

        assert str(hold.passengers.get()) == "Ravi Iyer"
        assert not messages_about(hold, "booking_changed").exists()


class TestSplittingTravellersOff:
    @pytest.fixture
    def booking(self, traveller, flight, in_a_month, now):
        back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=4), number="KV102")
        people = [adult(given_name="Asha"), adult(given_name="Ravi"), child(), infant(with_adult=1)]
        return make_booking(traveller, flight, back, now=now, travellers=people)

    @pytest.fixture
    def divide(self, booking, again, now):
        def divide(*positions, when=now, mandate=None):
            act = divide_booking(
                booking=booking, passengers=positions, contact=OTHER, mandate=mandate or again(), now=when
            )
            booking.refresh_from_db()
            return Booking.objects.get(locator=act.facts["locator"])

        return divide

    def test_they_have_a_booking_of_their_own_with_all_that_is_theirs(self, booking, divide, flight):
        choose_seats(booking=booking, choices={(flight.pk, 1): None}, now=booking.confirmed_at)
        tickets = {str(who): who.ticket.number for who in booking.passengers.select_related("ticket")}
        whole = booking.total

        part = divide(1)

        assert part.locator != booking.locator
        assert [(who.position, who.with_adult, who.type) for who in part.passengers.all()] == [
            (0, None, "adult"),
            (1, 0, "infant"),
        ]
        assert [who.position for who in booking.passengers.all()] == [0, 2]
        assert (part.seats, booking.seats) == (1, 2)
        assert part.total + booking.total == whole
        assert part.total == sum(coupon.total for coupon in part.coupons.all())
        assert {
            str(who): who.ticket.number for who in part.passengers.select_related("ticket")
        }.items() < tickets.items()
        assert [segment.flight.number for segment in part.segments.all()] == ["KV101", "KV102"]
        assert part.owner == booking.owner
        assert FlightCabin.objects.get(flight=flight, cabin="economy").seats_sold == 3

    def test_both_are_told_and_programs_are(self, booking, divide, integrator):
        Booking.objects.update(owner=integrator)

        part = divide(1)

        assert messages_about(booking, "booking_changed").get().recipient == booking.contact_email
        assert messages_about(part, "booking_changed").get().recipient == OTHER.email
        told = Event.objects.filter(type=EventType.BOOKING_CHANGED).values_list("about", "facts__other")
        assert set(told) == {(booking.locator, part.locator), (part.locator, booking.locator)}

    def test_each_story_tells_it(self, booking, divide):
        part = divide(1)

        assert booking.desk_acts.get().facts["locator"] == part.locator
        assert part.desk_acts.get().facts["locator"] == booking.locator

    def test_what_each_cancels_comes_back_by_the_charge_that_paid_for_it(self, booking, divide, later):
        paid = booking.total
        part = divide(1)

        mine, theirs = cancel(part, later), cancel(booking, later)
        pay_refunds(now=later)

        assert SandboxCharge.objects.get().refunded == mine.refund + theirs.refund < paid
        assert {payment.status for payment in Payment.objects.all()} == {"partly_refunded"}
        assert part.payments.get().part_of == booking.payments.get()

    def test_a_notice_of_the_whole_charge_that_comes_again_changes_nothing(self, booking, divide, later):
        charge = SandboxGateway().ask(payment=booking.payments.get(), now=later)
        divide(1)

        with capture_logs() as logged:
            record_answer(payment=booking.payments.get(), charge=charge, now=later)

        assert logged == []
        assert booking.payments.get().status == "succeeded"
        assert reconcile() == []

    def test_what_was_given_back_before_stays_where_it_was(self, booking, divide, later):
        cancel(booking, later, passengers=[2])
        pay_refunds(now=later)

        part = divide(1, when=later)

        assert part.payments.get().amount == part.total
        assert booking.payments.get().status == "partly_refunded"

    def test_a_share_is_shared_again(self, booking, divide, again, later):
        cancel(booking, later, passengers=[2], slices=[1])
        ravi = divide(1, when=later)

        with pytest.raises(NotDividable, match="to stay"):
            divide_booking(booking=ravi, passengers=[0], contact=OTHER, mandate=again(), now=later)

    def test_a_paid_seat_goes_along(self, booking, divide, flight, now):
        choose_seats(booking=booking, choices={(flight.pk, 1): "4A"}, now=now)
        pay(booking=booking, gateway="sandbox", token="tok_ok", now=now)

        part = divide(1)

        assert str(part.coupons.get(flight=flight, passenger__position=0).seat) == "4A"
        assert sum(payment.amount for payment in part.payments.all()) == part.total

    def test_an_open_quote_is_good_no_more(self, booking, divide, now):
        quote = quote_cancellation(booking=booking, now=now)

        divide(1)

        with pytest.raises(QuoteOutdated):
            confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)

    @pytest.mark.parametrize(
        ("positions", "error"), [([0, 1], MinorsAlone), ([2], MinorsAlone), ([0, 1, 2], NotDividable)]
    )
    def test_no_child_stays_or_goes_alone_and_somebody_stays(self, divide, positions, error):
        with pytest.raises(error):
            divide(*positions)

    @pytest.mark.parametrize("positions", [[], [3], [9]])
    def test_who_goes_has_to_be_said(self, divide, positions):
        with pytest.raises(InvalidRequest) as refused:
            divide(*positions)

        assert list(refused.value.errors) == ["passengers"]

    def test_delays_count_from_the_time_that_they_agreed_to(self, booking, divide, flight, now):
        """Two small delays are a large one for those who were split off between them, too."""
        for half in ("first", "second"):
            moved = {name: getattr(flight, name) + timedelta(minutes=40) for name in ("departs_at", "arrives_at")}
            delay_flight(flight=flight, now=now, **moved)
            flight.refresh_from_db()
            if half == "first":
                part = divide(1)

        assert {change.booking for change in ItineraryChange.objects.open()} == {booking, part}

    def test_not_while_something_is_open(self, booking, divide, flight, now):
        choose_seats(booking=booking, choices={(flight.pk, 1): "4A"}, now=now)
        with pytest.raises(NotDividable, match="wait to be paid"):
            divide(1)
        pay(booking=booking, gateway="sandbox", token="tok_3ds", now=now)
        with pytest.raises(PaymentRunning):
            divide(1)

    def test_not_while_a_change_is_not_answered(self, booking, divide, flight, now):
        open_changes(flight=flight.pk, causes={booking.pk: ItineraryChange.Cause.MOVED}, now=now)

        with pytest.raises(NotDividable, match="not answered"):
            divide(1)

    def test_not_a_hold(self, traveller, flight, mandate, now):
        hold = make_hold(traveller, flight, now=now, travellers=[adult(), adult()])

        with pytest.raises(NotDividable, match="paid"):
            divide_booking(booking=hold, passengers=[0], contact=OTHER, mandate=mandate, now=now)

    def test_not_after_check_in(self, booking, divide, flight):
        check_in(booking=booking, now=flight.departs_at - timedelta(hours=4))

        with pytest.raises(NotDividable, match="checked in"):
            divide(1)

    def test_not_who_has_cancelled_a_flight(self, booking, divide, later):
        cancel(booking, later, passengers=[1], slices=[1])

        with pytest.raises(NotDividable, match="may not have cancelled"):
            divide(1, when=later)

    def test_not_who_has_no_flight_ahead(self, booking, divide):
        Coupon.objects.filter(passenger__position__in=[1, 3]).update(status="flown")

        with pytest.raises(NotDividable, match="flight ahead"):
            divide(1)

    def test_sent_twice_is_one_more_booking(self, divide, mandate):
        assert divide(1, mandate=mandate) == divide(1, mandate=mandate)
        assert Booking.objects.count() == 2

    def test_seats_that_are_paid_late_are_not_had_by_whom_has_left(self, booking, divide, flight, now, settings):
        choose_seats(booking=booking, choices={(flight.pk, 1): "4A"}, now=now)
        pay(booking=booking, gateway="sandbox", token="tok_error", now=now)
        Payment.objects.filter(status="started").update(status="failed")
        booking.seat_orders.update(status="lapsed")
        divide(1)

        late = Payment.objects.get(status="failed")
        record_answer(payment=late, charge=SandboxGateway().ask(payment=late, now=now), now=now)

        assert Refund.objects.get().reason == "seat_choice_gone"


class TestSendingAgain:
    def test_is_a_message_of_its_own_each_time(self, traveller, flight, again, now):
        booking = make_booking(traveller, flight, now=now)

        for _twice in range(2):
            resend(booking=booking, email=booking.contact_email, mandate=again(), now=now)

        assert messages_about(booking, "booking_confirmed").count() == 3

    def test_goes_to_the_right_address_from_then_on(self, traveller, flight, mandate, now):
        booking = make_booking(traveller, flight, now=now)

        for _twice in range(2):
            act = resend(booking=booking, email="right@example.com", mandate=mandate, now=now)

        booking.refresh_from_db()
        assert booking.contact_email == "right@example.com"
        assert messages_about(booking, "booking_confirmed").filter(recipient="right@example.com").count() == 1
        assert act.facts == {"corrected_address": True}

    def test_of_a_hold_is_how_to_pay(self, traveller, flight, mandate, now):
        hold = make_hold(traveller, flight, now=now)

        resend(booking=hold, email=hold.contact_email, mandate=mandate, now=now)

        assert messages_about(hold, "booking_held").count() == 2

    def test_of_what_is_over_is_nothing(self, traveller, flight, mandate, now):
        booking = make_booking(traveller, flight, now=now)
        cancel(booking, now)

        with pytest.raises(NothingToSend):
            resend(booking=booking, email=booking.contact_email, mandate=mandate, now=now)

    def test_to_no_address_is_refused(self, traveller, flight, mandate, now):
        with pytest.raises(InvalidRequest) as refused:
            resend(booking=make_booking(traveller, flight, now=now), email="nobody", mandate=mandate, now=now)

        assert list(refused.value.errors) == ["email"]


def test_acts_stay_with_who_did_them(agent, traveller, flight, mandate, now):
    resend(booking=make_booking(traveller, flight, now=now), email="a@example.com", mandate=mandate, now=now)

    assert str(DeskAct.objects.get()).endswith("sent again")
    assert User.objects.filter(pk=agent.pk).exists()
