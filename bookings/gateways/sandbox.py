"""A gateway that takes no money, for demonstrations and tests. The token decides what happens:

`tok_ok` succeeds · `tok_declined` is declined · `tok_late` answers some seconds after the request, `tok_slow` after the
hold would have ended · `tok_error` times out though the charge was made, so that the truth must be asked for ·
`tok_3ds` asks for a challenge page.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from bookings.gateways.base import (
    Charge,
    ChargeNotice,
    ChargeStatus,
    GatewayUnreachable,
    NoticeInvalid,
    RefundNotice,
)
from bookings.models import Payment, Refund, SandboxCharge
from flights_project.lib.statements import columns, fetch, insert, instance

REMEMBERED = f"SELECT {columns(SandboxCharge, 'charge')} FROM bookings_sandboxcharge charge WHERE key = %s"  # noqa: S608

TOKENS = {
    "tok_ok": SandboxCharge.Outcome.SUCCEEDS,
    "tok_declined": SandboxCharge.Outcome.DECLINED,
    "tok_late": SandboxCharge.Outcome.SUCCEEDS,
    "tok_slow": SandboxCharge.Outcome.SUCCEEDS,
    "tok_error": SandboxCharge.Outcome.SUCCEEDS,
    "tok_3ds": SandboxCharge.Outcome.CHALLENGE,
}


class SandboxGateway:
    name = "sandbox"

    def prepare(self, *, payment: Payment) -> Charge:
        if payment.token not in TOKENS:
            return Charge(status=ChargeStatus.DECLINED, decline_code="invalid_token")
        return Charge(status=ChargeStatus.PENDING, reference=str(payment.pk))

    def charge(self, *, payment: Payment, now: datetime) -> Charge:
        delay = {
            "tok_late": settings.SANDBOX_LATE_ANSWER,
            "tok_slow": settings.SANDBOX_SLOW_ANSWER,
            "tok_3ds": settings.SANDBOX_CHALLENGE_LIFETIME,
        }
        self._remember(payment, TOKENS[payment.token], answers_at=now + delay.get(payment.token, timedelta()))
        if payment.token == "tok_error":  # noqa: S105 -- the name of a scenario
            raise GatewayUnreachable("the sandbox timed out, as this token asks")
        return self.ask(payment=payment, now=now)

    def ask(self, *, payment: Payment, now: datetime) -> Charge:
        remembered = fetch(REMEMBERED, [payment.pk])
        if not remembered:
            return Charge(status=ChargeStatus.UNKNOWN)
        charge = instance(SandboxCharge, remembered[0])
        reference = str(charge.pk)
        if charge.outcome == SandboxCharge.Outcome.CHALLENGE and now < charge.answers_at:
            url = settings.SITE_URL + reverse("sandbox-challenge", args=[charge.pk])
            return Charge(status=ChargeStatus.PENDING, reference=reference, challenge_url=url)
        if now < charge.answers_at:
            return Charge(status=ChargeStatus.PENDING, reference=reference)
        if charge.outcome == SandboxCharge.Outcome.SUCCEEDS:
            return Charge(
                status=ChargeStatus.SUCCEEDED, reference=reference, amount=charge.amount, currency=charge.currency
            )
        decline = "card_declined" if charge.outcome == SandboxCharge.Outcome.DECLINED else "challenge_expired"
        return Charge(status=ChargeStatus.DECLINED, reference=reference, decline_code=decline)

    def give_up(self, *, payment: Payment, now: datetime) -> Charge:
        """What is remembered as declined is not charged by a request that comes late."""
        self._remember(payment, SandboxCharge.Outcome.DECLINED, answers_at=now)
        self.answer_challenge(key=payment.pk, approve=False, now=now)
        return self.ask(payment=payment, now=now)

    @staticmethod
    def _remember(payment: Payment, outcome: SandboxCharge.Outcome, *, answers_at: datetime) -> None:
        """The first of a payment counts."""
        charge = SandboxCharge(
            key=payment.pk, amount=payment.amount, currency=payment.currency, outcome=outcome, answers_at=answers_at
        )
        insert([charge], unless_there=True)

    def refund(self, *, refund: Refund) -> None:
        with transaction.atomic():
            taken = SandboxCharge.objects.select_for_update().get(pk=refund.payment.charged.pk)
            if refund.pk.hex not in taken.refund_keys:
                taken.refund_keys.append(refund.pk.hex)
                taken.refunded += refund.amount
                taken.save(update_fields=["refunded", "refund_keys"])

    def read_notice(self, *, body: bytes, signature: str) -> ChargeNotice | RefundNotice | None:
        raise NoticeInvalid("the sandbox sends none")

    @staticmethod
    def answer_challenge(*, key: UUID, approve: bool, now: datetime) -> None:
        """What the bank's page does: the waiting charge succeeds or is declined, from now on."""
        outcome = SandboxCharge.Outcome.SUCCEEDS if approve else SandboxCharge.Outcome.DECLINED
        SandboxCharge.objects.filter(pk=key, outcome=SandboxCharge.Outcome.CHALLENGE, answers_at__gt=now).update(
            outcome=outcome, answers_at=now
        )
