"""Stripe takes the money: cards, by PaymentIntents that our server confirms.

Why two calls, and not one that creates and confirms. An answer that gets lost must be found again by something that
is ours. Stripe's search lags behind, its lists know no metadata, and repeating a call with its idempotency key to learn
its answer would make the charge where the first call never arrived, and make it twice once the key is forgotten (after
a day). So the intent is created first, which moves no money, and its id is kept on the payment before it is confirmed:

- the answer to the creation is lost: nobody knows the intent, nobody can confirm it, nothing can be taken;
- the answer to the confirmation is lost: the intent is read by its id, and that is the truth;
- a payment is given up: its intent is cancelled first. Stripe does one of the two, cancel or confirm, and says which.

A refund is looked up among the refunds of its intent before it is sent, so that it is not paid again after a day.
See `docs/architecture/stripe.md`.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import stripe
import structlog
from django.conf import settings
from django.urls import reverse
from stripe.params import PaymentIntentConfirmParams

from bookings.gateways.base import (
    Charge,
    ChargeNotice,
    ChargeStatus,
    GatewayUnreachable,
    NoticeInvalid,
    RefundNotice,
)
from bookings.gateways.stripe_amounts import from_stripe, to_stripe
from bookings.models import Payment, Refund

stripe.enable_telemetry = False
"""It would write a file into the home directory and tell Stripe about this machine."""

logging.getLogger("stripe").setLevel(logging.WARNING)
"""Two lines for every request; what goes wrong is logged below."""

log = structlog.get_logger(__name__)

API_VERSION = "2026-10-28.endive"
"""What this module was written for; the library's own would move with the library."""
TIMEOUT = (3.05, 15)
"""Seconds to connect and to wait for an answer. Nothing is repeated here: settlement asks again."""
CODE_LENGTH = 50
TO_BE_EXPECTED = (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError)
"""The network, Stripe's own trouble (also 409: the same key at work) and its limits; all else is ours to mend."""
REFUSED = (stripe.CardError, stripe.InvalidRequestError)


class StripeGateway:
    name = "stripe"

    def __init__(self) -> None:
        self._client = client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)
        self._intents = self._client.v1.payment_intents

    def prepare(self, *, payment: Payment) -> Charge:
        with answers():
            try:
                intent = self._intents.create(
                    params={
                        "amount": to_stripe(payment.amount, payment.currency),
                        "currency": payment.currency.lower(),
                        "allowed_payment_method_types": ["card"],
                        "metadata": {"payment": str(payment.pk), "booking": payment.booking.locator},
                    },
                    options={"idempotency_key": str(payment.pk)},
                )
            except REFUSED as error:
                return Charge(status=ChargeStatus.DECLINED, decline_code=decline_code(error))
            return Charge(status=ChargeStatus.PENDING, reference=intent.id)

    def charge(self, *, payment: Payment, now: datetime) -> Charge:
        """Confirms once: a second call with the same key gets the stored answer, also where that was an error."""
        params: PaymentIntentConfirmParams = {
            "return_url": settings.SITE_URL + reverse("pay-return", args=[payment.booking.locator])
        }
        params["confirmation_token" if payment.token.startswith("ctoken_") else "payment_method"] = payment.token
        with answers():
            try:
                intent = self._intents.confirm(
                    payment.reference,
                    params=params,
                    options={"idempotency_key": f"{payment.pk}-confirm"},
                )
            except REFUSED as error:
                return because(charge_of(self._cancelled(payment.reference)), decline_code(error))
            return self._settled(intent)

    def ask(self, *, payment: Payment, now: datetime) -> Charge:
        if not payment.reference:
            return Charge(status=ChargeStatus.UNKNOWN)
        with answers():
            return self._settled(self._intents.retrieve(payment.reference))

    def give_up(self, *, payment: Payment, now: datetime) -> Charge:
        if not payment.reference:
            return Charge(status=ChargeStatus.DECLINED)
        with answers():
            return charge_of(self._cancelled(payment.reference))

    def _settled(self, intent: stripe.PaymentIntent) -> Charge:
        """An intent whose card was declined takes another card from whoever knows its secret: it is cancelled first."""
        if intent.status == "requires_payment_method" and intent.last_payment_error:
            why = decline_of(intent)
            return because(charge_of(self._cancelled(intent.id)), why)
        return charge_of(intent)

    def _cancelled(self, reference: str) -> stripe.PaymentIntent:
        """The intent, cancelled; as it is where Stripe says that it is too late for that."""
        try:
            return self._intents.cancel(reference)
        except stripe.InvalidRequestError:
            return self._intents.retrieve(reference)

    def refund(self, *, refund: Refund) -> None:
        payment = refund.payment.charged
        with answers():
            refunds = self._client.v1.refunds.list(params={"payment_intent": payment.reference, "limit": 100})
            sent = [each for each in refunds.auto_paging_iter() if key_in(each, "refund") == refund.pk]
            if any(each.status not in ("failed", "canceled") for each in sent):
                return
            self._client.v1.refunds.create(
                params={
                    "payment_intent": payment.reference,
                    "amount": to_stripe(refund.amount, payment.currency),
                    "metadata": {"refund": str(refund.pk)},
                },
                options={"idempotency_key": f"{refund.pk}-{len(sent)}" if sent else str(refund.pk)},
            )

    def read_notice(self, *, body: bytes, signature: str) -> ChargeNotice | RefundNotice | None:
        try:
            event = self._client.construct_event(body, signature, settings.STRIPE_WEBHOOK_SECRET)
        except (stripe.SignatureVerificationError, ValueError) as error:
            raise NoticeInvalid(str(error)) from error
        about: Any = event.data.object
        match event.type:
            case "payment_intent.succeeded" | "payment_intent.canceled":  # final: the notice is the truth
                return ChargeNotice(key=key_in(about, "payment"), reference=about.id, charge=charge_of(about))
            case "payment_intent.payment_failed":
                return ChargeNotice(key=key_in(about, "payment"), reference=about.id)
            case "refund.created" | "refund.updated" | "refund.failed":
                failed = about.status in ("failed", "canceled")
                return RefundNotice(key=key_in(about, "refund"), reference=about.id, failed=failed)
        return None


@lru_cache(maxsize=4)
def client(secret_key: str, api_base: str) -> stripe.StripeClient:
    """One for the whole process: it keeps its connections, one for each thread."""
    return stripe.StripeClient(
        secret_key,
        stripe_version=API_VERSION,
        base_addresses={"api": api_base},
        http_client=stripe.RequestsClient(timeout=TIMEOUT),
        max_network_retries=0,
    )


@contextmanager
def answers() -> Iterator[None]:
    """Whatever is not a definite answer leaves the truth open."""
    try:
        yield
    except stripe.StripeError as error:
        tell = log.warning if isinstance(error, TO_BE_EXPECTED) else log.error
        tell(
            "stripe_gave_no_answer",
            error=type(error).__name__,
            code=error.code,
            status=error.http_status,
            stripe_request=error.request_id,
        )
        raise GatewayUnreachable(type(error).__name__) from error


def charge_of(intent: stripe.PaymentIntent) -> Charge:
    """What an intent's state means for its charge."""
    match intent.status:
        case "succeeded":
            currency = intent.currency.upper()
            return Charge(
                status=ChargeStatus.SUCCEEDED,
                reference=intent.id,
                amount=from_stripe(intent.amount_received, currency),
                currency=currency,
            )
        case "canceled":
            return Charge(status=ChargeStatus.DECLINED, reference=intent.id, decline_code=decline_of(intent))
        case "requires_payment_method" | "requires_confirmation":
            return Charge(status=ChargeStatus.UNKNOWN, reference=intent.id)
        case "requires_action":
            return Charge(status=ChargeStatus.PENDING, reference=intent.id, challenge_url=challenge_of(intent))
    return Charge(status=ChargeStatus.PENDING, reference=intent.id)


def because(charge: Charge, code: str) -> Charge:
    """The charge with why it was declined, where it was."""
    return replace(charge, decline_code=code) if charge.status is ChargeStatus.DECLINED else charge


def challenge_of(intent: stripe.PaymentIntent) -> str:
    action = intent.next_action
    redirect = action.redirect_to_url if action and "redirect_to_url" in action else None
    return (redirect.url if redirect else None) or ""


def decline_of(intent: stripe.PaymentIntent) -> str:
    """Why the last try failed, as exactly as Stripe says."""
    error = intent.last_payment_error
    names = ("decline_code", "code") if error else ()
    codes = [error[name] for name in names if error and name in error and error[name]]
    return str(codes[0])[:CODE_LENGTH] if codes else "canceled"


def decline_code(error: stripe.StripeError) -> str:
    exact = error.error.decline_code if error.error and "decline_code" in error.error else None
    return (exact or error.code or "refused")[:CODE_LENGTH]


def key_in(thing: Any, name: str) -> UUID | None:
    """Our key in the metadata of something at Stripe; None for what is not ours."""
    metadata = thing.metadata if "metadata" in thing else None
    try:
        return UUID(metadata[name]) if metadata and name in metadata else None
    except ValueError:
        return None
