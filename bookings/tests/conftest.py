"""Stripe as tests meet it: its own library, our server on this machine. Two who come one after the other."""

import json
from functools import partial

import pytest
import stripe

from airlines.tests.races import one_after_the_other
from bookings.gateways.stripe_amounts import to_stripe
from bookings.models import Payment, Refund
from bookings.services.reconciliation import reconcile
from bookings.tests.stripe_server import StripeServer

SECRET = "whsec_of_the_tests"
TAKEN = ("succeeded", "refunded", "partly_refunded")


@pytest.fixture
def server(settings):
    """Stripe is open and listens. In the end seats and money add up, and its books say what ours do."""
    with StripeServer() as running:
        settings.PAYMENT_GATEWAYS = ["stripe"]
        settings.STRIPE_SECRET_KEY = "sk_test_of_the_tests"
        settings.STRIPE_PUBLISHABLE_KEY = "pk_test_of_the_tests"
        settings.STRIPE_WEBHOOK_SECRET = SECRET
        settings.STRIPE_API_BASE = running.url
        yield running
    assert [str(difference) for difference in reconcile()] == []
    assert running.kept() == _kept()


def _kept():
    """All that was taken and not given back by our books, as Stripe writes it. One currency at a time adds up."""
    payments = Payment.objects.filter(status__in=TAKEN)
    taken = sum(to_stripe(payment.amount, payment.currency) for payment in payments)
    refunds = Refund.objects.filter(status="succeeded").select_related("payment")
    return taken - sum(to_stripe(refund.amount, refund.payment.currency) for refund in refunds)


@pytest.fixture
def race(monkeypatch):
    """`one_after_the_other`, until the test ends."""
    return partial(one_after_the_other, monkeypatch)


@pytest.fixture
def send(client, server):
    """Sends a signed event as Stripe does: about the only intent, or about what is given."""

    def post(kind, about=None, *, secret=SECRET, at=None):
        event = {"id": "evt_1", "object": "event", "type": kind, "data": {"object": about or server.intent}}
        body = json.dumps(event)
        signed = {"Stripe-Signature": stripe.WebhookSignature.generate_signature_header(body, secret, at)}
        return client.post("/payments/stripe/webhook/", body, content_type="application/json", headers=signed)

    return post
