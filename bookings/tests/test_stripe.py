"""Stripe, by its own library, against a server that answers as Stripe does: what becomes of a charge.

Every test ends with both books in balance, see `conftest.py`."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse

from airlines.tests.factories import make_flight
from bookings.exceptions import GatewayUnknown
from bookings.gateways import Charge, ChargeStatus, NoticeInvalid, gateway_named
from bookings.gateways.stripe_amounts import from_stripe, to_stripe
from bookings.models import Payment
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.expiry import expire_holds
from bookings.services.payment import pay
from bookings.services.refunds import pay_refunds
from bookings.services.settlement import settle, settle_due
from bookings.tests.factories import make_hold
from bookings.tests.stripe_server import LostAnswer, decline, succeed
from notifications.models import Message

pytestmark = pytest.mark.django_db

BROKEN = (500, {"error": {"type": "api_error", "message": "Something broke."}})
NO_ANSWER = LostAnswer()


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=3)


@pytest.fixture
def booking(traveller, flight, now, server):
    return make_hold(traveller, flight, now=now)


def pay_with(booking, token, now):
    payment = pay(booking=booking, gateway="stripe", token=token, now=now)
    booking.refresh_from_db()
    return payment


def later(payment, now, **wait):
    return settle(payment=payment, now=now + timedelta(**(wait or {"seconds": 30})))


def told(kind):
    return Message.objects.filter(kind=kind).count()


class TestACard:
    def test_that_is_good_confirms(self, booking, server, now):
        payment = pay_with(booking, "pm_ok", now)

        assert (payment.status, booking.status) == ("succeeded", "confirmed")
        assert (server.intent["amount"], server.intent["currency"]) == (booking.total * 100, "inr")
        assert server.intent["metadata"] == {"payment": str(payment.pk), "booking": booking.locator}
        assert payment.reference == server.intent["id"]
        assert server.keys == [str(payment.pk), f"{payment.pk}-confirm"]

    def test_comes_as_the_token_of_stripes_form(self, booking, now):
        assert pay_with(booking, "ctoken_ok", now).status == "succeeded"

    def test_that_is_declined_can_never_be_charged_by_this_payment(self, booking, server, now):
        payment = pay_with(booking, "pm_declined", now)

        assert (payment.status, payment.decline_code, booking.status) == ("failed", "insufficient_funds", "held")
        assert server.intent["status"] == "canceled"
        assert pay_with(booking, "pm_ok", now).status == "succeeded"

    def test_that_stripe_does_not_know_is_declined(self, booking, server, now):
        payment = pay_with(booking, "pm_unknown", now)

        assert (payment.status, payment.decline_code) == ("failed", "resource_missing")
        assert server.intent["status"] == "canceled"

    def test_is_charged_once_by_two_clicks(self, booking, server, now):
        pay_with(booking, "pm_processing", now)

        assert pay_with(booking, "pm_processing", now).status == "started"
        assert len(server.intents) == 1

    def test_is_refused_at_once_where_stripe_refuses_the_amount(self, booking, server, now):
        server.failing["/payment_intents"] = (400, {"error": {"type": "x", "code": "amount_too_small"}})

        assert pay_with(booking, "pm_ok", now).decline_code == "amount_too_small"


class TestAnAnswerThatIsLost:
    def test_before_anything_could_be_taken_ends_the_payment_at_once(self, booking, server, now):
        server.lost = {"/payment_intents"}
        payment = pay_with(booking, "pm_ok", now)

        assert (payment.status, payment.decline_code) == ("failed", "gateway_unreachable")
        server.lost = set()
        assert pay_with(booking, "pm_ok", now).status == "succeeded"

    @pytest.mark.parametrize("token", ["pm_timeout", "pm_500"])
    def test_is_asked_for(self, booking, server, now, token):
        payment = pay_with(booking, token, now)
        assert (payment.status, booking.status) == ("started", "held")

        assert settle_due(now=now + timedelta(seconds=30)) == 1

        booking.refresh_from_db()
        assert booking.status == "confirmed"
        assert len(server.intents) == 1

    def test_may_be_a_decline(self, booking, server, now):
        payment = later(pay_with(booking, "pm_timeout_declined", now), now)

        assert (payment.status, payment.decline_code) == ("failed", "insufficient_funds")
        assert server.intent["status"] == "canceled"

    @pytest.mark.parametrize("token", ["pm_limited", "pm_locked"])
    def test_of_a_charge_that_was_not_made_fails_it_after_its_intent_is_cancelled(self, booking, server, now, token):
        payment = pay_with(booking, token, now)
        assert later(payment, now).status == "started"

        payment = later(payment, now, minutes=2)

        assert (payment.status, payment.decline_code) == ("failed", "never_received")
        assert server.intent["status"] == "canceled"

    def test_is_asked_for_until_stripe_answers(self, booking, server, now):
        payment = pay_with(booking, "pm_timeout", now)
        server.failing = {server.intent["id"]: BROKEN}
        assert later(payment, now, hours=1).status == "started"

        server.failing = {server.intent["id"]: (401, {"error": {"message": "Another key."}})}
        assert later(payment, now, hours=2).status == "started"

        server.failing = {}
        assert later(payment, now, hours=3).status == "succeeded"

    def test_does_not_fail_a_payment_whose_intent_was_not_cancelled(self, booking, server, now):
        payment = pay_with(booking, "pm_limited", now)
        server.failing = {"/cancel": NO_ANSWER}

        assert later(payment, now, hours=1).status == "started"

    def test_of_a_process_that_died_between_the_two_steps(self, booking, server, now):
        """It had told Stripe of the charge, and nobody kept the reference: nothing can be taken."""
        server.failing = {"/confirm": NO_ANSWER}
        payment = pay_with(booking, "pm_ok", now)
        Payment.objects.update(reference="")
        payment.refresh_from_db()

        assert later(payment, now).status == "started"
        assert later(payment, now, minutes=2).decline_code == "never_received"

    def test_that_comes_while_the_payment_is_given_up_is_the_truth(self, booking, server, now):
        payment = pay_with(booking, "pm_limited", now)
        server.before = {"/cancel": lambda: succeed(server.intent)}

        assert later(payment, now, minutes=2).status == "succeeded"


class TestAWorkerThatComesLate:
    @pytest.mark.django_db(transaction=True)
    def test_does_not_charge_a_payment_that_was_given_up_before_it_was_prepared(self, booking, server, now):
        def given_up():
            settle_due(now=now + timedelta(minutes=2))
            connection.close()

        server.before = {"/payment_intents": given_up}

        assert pay_with(booking, "pm_ok", now).status == "failed"
        assert "confirm" not in " ".join(server.calls)

    def test_does_not_charge_a_payment_that_was_given_up_after_it_was_prepared(self, booking, server, now):
        server.before = {"/confirm": lambda: server.intent.update(status="canceled")}

        assert pay_with(booking, "pm_ok", now).status == "failed"

    def test_finds_that_it_was_charged_already(self, booking, server, now):
        server.before = {"/confirm": lambda: succeed(server.intent)}

        assert pay_with(booking, "pm_ok", now).status == "succeeded"

    def test_is_not_failed_by_somebody_who_asked_before_it_was_prepared(self, booking, server, now):
        server.failing = {"/confirm": NO_ANSWER}
        payment = pay_with(booking, "pm_ok", now)
        stale = Payment.objects.get()
        stale.reference = ""

        assert later(stale, now, minutes=5).status == "started"
        assert later(payment, now, minutes=5).status == "failed"


class TestABanksCheck:
    def test_is_approved_and_asked_about_when_the_traveller_comes_back(self, booking, server, traveller, page_of, now):
        payment = pay_with(booking, "pm_3ds", now)
        assert payment.challenge_url == f"https://hooks.stripe.com/3d_secure/{server.intent['id']}"
        assert server.intent["return_url"].endswith(f"/trips/{booking.locator}/pay/return/")
        succeed(server.intent)

        back = page_of(traveller).get(reverse("pay-return", args=[booking.locator]))

        assert back.url == reverse("trip", args=[booking.locator])
        booking.refresh_from_db()
        assert booking.status == "confirmed"

    def test_is_not_approved(self, booking, server, traveller, page_of, now):
        pay_with(booking, "pm_3ds", now)
        decline(server.intent, "payment_intent_authentication_failure")

        back = page_of(traveller).get(reverse("pay-return", args=[booking.locator]), follow=True)

        assert "did not get your confirmation" in back.text
        assert Payment.objects.get().status == "failed"

    def test_is_not_settled_by_coming_back_without_an_answer(self, booking, traveller, page_of, now):
        pay_with(booking, "pm_3ds", now)

        back = page_of(traveller).get(reverse("pay-return", args=[booking.locator]) + "?redirect_status=succeeded")

        assert back.url == reverse("pay", args=[booking.locator])
        assert Payment.objects.get().status == "started"

    def test_that_nobody_goes_to_ends_and_can_never_be_approved(self, booking, server, now):
        payment = pay_with(booking, "pm_3ds", now)
        assert later(payment, now, minutes=14).status == "started"

        payment = later(payment, now, minutes=15)

        assert (payment.status, payment.decline_code) == ("failed", "challenge_expired")
        assert server.intent["status"] == "canceled"
        assert expire_holds(now=now + timedelta(hours=1)) == 1

    def test_approved_in_the_last_moment_counts(self, booking, server, now):
        payment = pay_with(booking, "pm_3ds", now)
        server.before = {"/cancel": lambda: succeed(server.intent)}

        assert later(payment, now, minutes=15).status == "succeeded"

    def test_without_a_page_to_go_to_is_waited_for(self, booking, server, now):
        payment = pay_with(booking, "pm_3ds", now)
        server.intent["next_action"] = {"type": "use_stripe_sdk"}

        assert (later(payment, now).status, later(payment, now).challenge_url) == ("started", "")

    def test_of_another_person_is_not_found(self, booking, stranger, page_of, now):
        pay_with(booking, "pm_3ds", now)

        assert page_of(stranger).get(reverse("pay-return", args=[booking.locator])).status_code == 404

    def test_nobody_was_sent_to_leads_to_the_page_to_pay(self, booking, traveller, page_of):
        back = page_of(traveller).get(reverse("pay-return", args=[booking.locator]))

        assert back.url == reverse("pay", args=[booking.locator])


class TestThePageToPay:
    @pytest.fixture
    def url(self, booking):
        return reverse("pay", args=[booking.locator])

    def test_shows_stripes_form_and_lets_it_load(self, booking, url, traveller, page_of):
        page = page_of(traveller).get(url)

        form = page.text.partition("data-stripe-pay")[2].partition("</form>")[0]
        assert 'data-publishable-key="pk_test_of_the_tests"' in form
        assert "csrfmiddlewaretoken" in form
        assert f'data-amount="{booking.total * 100:.0f}"' in page.text
        policy = dict(each.strip().split(" ", 1) for each in page.headers["Content-Security-Policy"].split(";"))
        assert "https://js.stripe.com" in policy["script-src"]
        assert "https://hooks.stripe.com" in policy["frame-src"]
        assert policy["connect-src"] == "'self' https://api.stripe.com"

    def test_lets_nothing_load_where_stripe_is_not_open(self, url, traveller, page_of, settings):
        settings.PAYMENT_GATEWAYS = ["sandbox"]
        page = page_of(traveller).get(url)

        assert "stripe" not in page.text + page.headers["Content-Security-Policy"]

    def test_pays_with_the_token_that_stripes_form_made(self, booking, url, traveller, page_of):
        sent = page_of(traveller).post(url, {"token": "ctoken_ok", "total": booking.total})

        assert sent.url == reverse("trip", args=[booking.locator])
        assert Payment.objects.get().gateway == "stripe"

    def test_leads_to_the_bank_by_a_link(self, booking, server, url, traveller, page_of):
        page = page_of(traveller).post(url, {"token": "pm_3ds", "total": booking.total}, follow=True)

        assert f'href="https://hooks.stripe.com/3d_secure/{server.intent["id"]}"' in page.text

    @pytest.mark.parametrize(("token", "words"), [("", "Enter your card."), ("tok_ok", "Enter your card again")])
    def test_charges_nothing_without_a_token_of_stripe(self, booking, url, traveller, page_of, token, words):
        page = page_of(traveller).post(url, {"token": token, "total": booking.total})

        assert words in page.text
        assert not Payment.objects.exists()


class TestAmounts:
    @pytest.mark.parametrize(
        ("amount", "currency", "units"),
        [
            ("4400.00", "INR", 440000),
            ("5000.00", "JPY", 5000),
            ("12.34", "KWD", 12340),
            ("5.00", "ISK", 500),
            ("700.00", "UGX", 70000),
            ("900.00", "XOF", 900),
        ],
    )
    def test_are_whole_numbers_of_the_smallest_unit(self, amount, currency, units):
        assert to_stripe(Decimal(amount), currency) == units
        assert from_stripe(units, currency.lower()) == Decimal(amount)

    def test_are_never_rounded_on_the_way(self):
        with pytest.raises(ValueError, match="smallest unit"):
            to_stripe(Decimal("0.50"), "JPY")

    @pytest.mark.parametrize(("currency", "factor"), [("JPY", 1), ("KWD", 1000)])
    def test_of_other_currencies_are_charged_and_given_back(
        self, traveller, flight, server, now, settings, currency, factor
    ):
        settings.CURRENCY = currency
        booking = make_hold(traveller, flight, now=now)
        booking.family.refund_percent = 100
        booking.family.save()
        pay_with(booking, "pm_ok", now)
        assert (booking.status, server.intent["amount"]) == ("confirmed", booking.total * factor)
        quote = quote_cancellation(booking=booking, now=now)
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)

        assert pay_refunds(now=now) == 1
        assert server.refunds[0]["amount"] == quote.refund * factor


def test_a_success_without_an_amount_is_no_answer():
    with pytest.raises(ValueError, match="what was taken"):
        Charge(status=ChargeStatus.SUCCEEDED)


def test_stripe_is_open_only_where_it_is_named(settings):
    settings.PAYMENT_GATEWAYS = ["sandbox"]

    with pytest.raises(GatewayUnknown):
        gateway_named("stripe")


def test_the_sandbox_sends_no_notices(settings):
    settings.PAYMENT_GATEWAYS = ["sandbox"]

    with pytest.raises(NoticeInvalid):
        gateway_named("sandbox").read_notice(body=b"", signature="")


def test_the_sandbox_never_charges_what_was_given_up(booking, now, settings, monkeypatch):
    settings.PAYMENT_GATEWAYS = ["sandbox"]
    sandbox = gateway_named("sandbox")
    payment = Payment(booking=booking, token="tok_ok", amount=booking.total, currency="INR")

    assert sandbox.give_up(payment=payment, now=now).status is ChargeStatus.DECLINED
    assert sandbox.charge(payment=payment, now=now).status is ChargeStatus.DECLINED
