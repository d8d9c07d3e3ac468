"""What Stripe says by itself, what it takes too late, twice or wrong, and what goes back.

Every test ends with both books in balance, see `conftest.py`."""

import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse

from airlines.tests.factories import make_flight
from bookings.models import Payment, Refund
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.expiry import expire_holds
from bookings.services.holds import release_hold
from bookings.services.refunds import pay_refunds
from bookings.tests.factories import adult, make_hold
from bookings.tests.stripe_server import decline, succeed
from bookings.tests.test_stripe import later, pay_with, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=3)


@pytest.fixture
def booking(traveller, flight, now, server):
    return make_hold(traveller, flight, now=now)


class TestAWebhook:
    @pytest.mark.django_db(transaction=True)
    def test_before_the_answer_confirms_once(self, booking, server, now, send):
        def webhook_first():
            succeed(server.intent)
            heard.append(send("payment_intent.succeeded").status_code)
            heard.append(Payment.objects.get().status)
            connection.close()

        heard: list[object] = []
        server.before = {"/confirm": webhook_first}
        payment = pay_with(booking, "pm_ok", now)

        assert heard == [200, "succeeded"]
        assert (payment.status, booking.status) == ("succeeded", "confirmed")
        assert told("booking_confirmed") == 1

    def test_that_comes_twice_changes_nothing_more(self, booking, server, now, send):
        pay_with(booking, "pm_timeout", now)

        assert [send("payment_intent.succeeded").status_code for _ in range(2)] == [200, 200]
        booking.refresh_from_db()
        assert (booking.status, told("booking_confirmed")) == ("confirmed", 1)

    @pytest.mark.parametrize("kind", ["payment_intent.payment_failed", "payment_intent.canceled"])
    def test_of_a_failure_after_the_success_undoes_nothing(self, booking, server, now, send, kind):
        pay_with(booking, "pm_ok", now)
        canceled = server.intent | {"status": "canceled", "amount_received": 0}

        assert send(kind, canceled).status_code == 200
        booking.refresh_from_db()
        assert booking.status == "confirmed"

    def test_of_a_failure_that_was_overtaken_finds_the_truth(self, booking, server, now, send):
        pay_with(booking, "pm_3ds", now)
        overtaken = server.intent | {"status": "requires_payment_method"}
        succeed(server.intent)

        send("payment_intent.payment_failed", overtaken)

        assert Payment.objects.get().status == "succeeded"

    def test_of_a_failure_fails_the_payment_and_closes_the_intent(self, booking, server, now, send):
        pay_with(booking, "pm_3ds", now)
        decline(server.intent)

        send("payment_intent.payment_failed")

        assert Payment.objects.get().decline_code == "insufficient_funds"
        assert server.intent["status"] == "canceled"

    def test_of_a_cancelled_intent_fails_the_payment(self, booking, server, now, send):
        pay_with(booking, "pm_3ds", now)
        server.intent["status"] = "canceled"

        send("payment_intent.canceled")

        assert (Payment.objects.get().status, Payment.objects.get().decline_code) == ("failed", "canceled")

    def test_without_our_key_is_found_by_the_reference(self, booking, server, now, send):
        pay_with(booking, "pm_timeout", now)

        send("payment_intent.succeeded", server.intent | {"metadata": {}})

        assert Payment.objects.get().status == "succeeded"

    def test_of_another_intent_with_our_key_is_not_believed(self, booking, server, now, send):
        payment = pay_with(booking, "pm_3ds", now)
        other = succeed(server.intent | {"id": "pi_other"})[1]

        assert send("payment_intent.succeeded", other).status_code == 200
        payment.refresh_from_db()
        assert payment.status == "started"

    def test_of_a_payment_that_is_not_ours_is_taken_note_of(self, server, send):
        intent = {"id": "pi_x", "object": "payment_intent", "status": "succeeded", "amount_received": 5}

        assert send("payment_intent.succeeded", intent | {"currency": "inr", "metadata": {}}).status_code == 200

    def test_about_something_else_is_fine(self, send):
        assert send("customer.created", {"id": "cus_1", "object": "customer"}).status_code == 200

    def test_that_somebody_else_signed_is_refused(self, booking, server, now, send):
        pay_with(booking, "pm_3ds", now)
        forged = succeed(dict(server.intent))[1]

        assert send("payment_intent.succeeded", forged, secret="whsec_of_somebody").status_code == 400
        assert Payment.objects.get().status == "started"

    def test_that_is_old_is_refused(self, booking, server, now, send):
        pay_with(booking, "pm_timeout", now)

        assert send("payment_intent.succeeded", at=int(now.timestamp()) - 301).status_code == 400
        assert send("payment_intent.succeeded", at=int(now.timestamp()) - 299).status_code == 200

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe"])
    def test_that_is_not_signed_is_refused(self, client, server, body):
        url = reverse("stripe-webhook")

        assert client.post(url, body, content_type="application/json").status_code == 400
        signed = {"Stripe-Signature": f"t={int(time.time())},v1=0"}
        assert client.post(url, body, content_type="application/json", headers=signed).status_code == 400

    def test_is_posted(self, client, server):
        assert client.get(reverse("stripe-webhook")).status_code == 405

    def test_is_not_there_where_stripe_is_not_open(self, client, server, settings):
        settings.PAYMENT_GATEWAYS = ["sandbox"]

        assert client.post(reverse("stripe-webhook")).status_code == 404


class TestAnotherAmountThanAskedFor:
    @pytest.mark.parametrize(("token", "taken"), [("pm_wrong_amount", (-1, "INR")), ("pm_wrong_currency", (0, "USD"))])
    def test_confirms_nothing_and_goes_back(self, booking, server, now, token, taken):
        payment = pay_with(booking, token, now)

        assert booking.status == "held"
        assert (payment.status, payment.decline_code) == ("refunded", "wrong_amount")
        assert (payment.amount - booking.total, payment.currency) == taken
        assert told("payment_refunded") == 1
        assert pay_refunds(now=now) == 1
        assert server.kept() == 0

    def test_lets_another_card_pay(self, booking, now):
        pay_with(booking, "pm_wrong_amount", now)

        assert pay_with(booking, "pm_ok", now).status == "succeeded"
        assert pay_refunds(now=now) == 1

    def test_is_seen_in_a_notice_too(self, booking, server, now, send):
        pay_with(booking, "pm_3ds", now)
        succeed(server.intent, amount_received=1)

        send("payment_intent.succeeded")

        booking.refresh_from_db()
        assert (booking.status, Payment.objects.get().amount) == ("held", Decimal("0.01"))
        assert pay_refunds(now=now) == 1


class TestASuccessAfterAFailure:
    """Stripe cannot do that once the intent is cancelled; we are right all the same if it does."""

    @pytest.fixture
    def failed(self, booking, now):
        return pay_with(booking, "pm_declined", now)

    def test_buys_the_journey_while_it_is_held(self, booking, failed, server, now, send):
        succeed(server.intent)

        send("payment_intent.succeeded")

        failed.refresh_from_db()
        booking.refresh_from_db()
        assert (failed.status, failed.decline_code, booking.status) == ("succeeded", "", "confirmed")

    def test_buys_it_again_after_the_hold_has_gone(self, booking, failed, server, now, send):
        expire_holds(now=booking.payment_required_by)
        succeed(server.intent)

        send("payment_intent.succeeded")

        booking.refresh_from_db()
        assert booking.status == "confirmed"

    def test_goes_back_where_the_seats_have_gone(self, booking, flight, failed, server, now, send, stranger):
        expire_holds(now=booking.payment_required_by)
        make_hold(stranger, flight, now=now, travellers=[adult(), adult(), adult()])
        succeed(server.intent)

        send("payment_intent.succeeded")

        assert (Refund.objects.get().reason, pay_refunds(now=now)) == ("seats_gone", 1)

    def test_goes_back_where_the_traveller_let_the_seats_go(self, booking, failed, server, now, send):
        release_hold(booking=booking, now=now)
        succeed(server.intent)

        send("payment_intent.succeeded")

        booking.refresh_from_db()
        assert (booking.status, Refund.objects.get().reason, pay_refunds(now=now)) == ("cancelled", "paid_twice", 1)

    def test_goes_back_where_another_card_has_paid(self, booking, failed, server, now, send):
        late = server.intent
        paid = pay_with(booking, "pm_ok", now)
        succeed(late)

        send("payment_intent.succeeded", late)
        send("payment_intent.succeeded", late)

        failed.refresh_from_db()
        paid.refresh_from_db()
        assert (failed.status, paid.status) == ("refunded", "succeeded")
        assert (pay_refunds(now=now), told("payment_refunded"), told("booking_confirmed")) == (1, 1, 1)

    def test_pays_before_the_card_that_still_runs_whose_money_goes_back(self, booking, failed, server, now, send):
        late = server.intent
        running = pay_with(booking, "pm_3ds", now)
        succeed(late)
        send("payment_intent.succeeded", late)
        succeed(server.intents[running.reference])

        running = later(running, now)

        booking.refresh_from_db()
        assert (booking.status, running.status) == ("confirmed", "refunded")
        assert pay_refunds(now=now) == 1

    def test_does_not_tell_of_the_failure_of_the_other_card(self, booking, failed, server, now, send):
        late = server.intent
        running = pay_with(booking, "pm_3ds", now)
        succeed(late)
        send("payment_intent.succeeded", late)
        decline(server.intents[running.reference])

        assert later(running, now).status == "failed"
        assert told("payment_failed") == 1  # of the first


class TestARefund:
    @pytest.fixture
    def cancelled(self, booking, now):
        booking.family.refund_percent = 100
        booking.family.save()
        pay_with(booking, "pm_ok", now)
        quote = quote_cancellation(booking=booking, now=now)
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)
        return Refund.objects.get()

    def test_goes_back_by_stripe_under_its_own_key(self, cancelled, server, now):
        assert pay_refunds(now=now) == 1

        (refund,) = server.refunds
        assert (refund["amount"], refund["payment_intent"]) == (cancelled.amount * 100, server.intent["id"])
        assert (refund["metadata"], server.keys[-1]) == ({"refund": str(cancelled.pk)}, str(cancelled.pk))

    def test_whose_answer_is_lost_is_sent_again_and_paid_once(self, cancelled, server, now):
        server.lost = {"/v1/refunds"}
        assert pay_refunds(now=now) == 0
        server.lost = set()

        assert pay_refunds(now=now) == 1
        assert len(server.refunds) == 1

    def test_is_paid_once_though_stripe_has_forgotten_its_key(self, cancelled, server, now):
        pay_refunds(now=now)
        Refund.objects.update(status="started", paid_at=None)
        server.stored.clear()

        assert pay_refunds(now=now + timedelta(days=2)) == 1
        assert len(server.refunds) == 1

    def test_that_stripe_refuses_is_kept_and_does_not_hold_up_others(self, cancelled, server, now):
        server.failing = {"/v1/refunds": (400, {"error": {"type": "invalid_request_error", "code": "balance"}})}
        assert pay_refunds(now=now) == 0
        cancelled.refresh_from_db()
        assert (cancelled.status, cancelled.times_tried) == ("started", 1)
        server.failing = {}
        assert pay_refunds(now=now) == 1

    def test_that_fails_after_all_is_sent_again(self, cancelled, server, now, send):
        pay_refunds(now=now)
        server.refunds[0]["status"] = "failed"
        send("refund.failed", server.refunds[0])
        cancelled.refresh_from_db()
        assert cancelled.status == "started"

        assert pay_refunds(now=now) == 1
        assert server.keys[-1] == f"{cancelled.pk}-1"

    def test_that_went_well_is_nothing_new(self, cancelled, server, now, send):
        pay_refunds(now=now)

        assert send("refund.updated", server.refunds[0]).status_code == 200
        cancelled.refresh_from_db()
        assert cancelled.status == "succeeded"

    @pytest.mark.parametrize(
        "metadata", [{}, {"refund": "of mine"}, {"refund": "6f0d8a53-0000-4000-8000-000000000000"}]
    )
    def test_made_by_hand_is_logged_for_staff(self, booking, server, now, send, metadata, caplog):
        refund = {"id": "re_hand", "object": "refund", "status": "succeeded", "metadata": metadata}

        assert send("refund.created", refund).status_code == 200
        assert "refunded_elsewhere" in caplog.text
