"""A gateway that takes no money, for demonstrations and tests. The token decides what happens:

`tok_ok` succeeds · `tok_declined` is declined · `tok_slow` answers after the hold would have ended · `tok_error` times
out though the charge was made, so that the truth must be asked for · `tok_3ds` asks for a challenge page.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from bookings.gateways.base import Charge, ChargeStatus, GatewayUnreachable
from bookings.models import SandboxCharge

TOKENS = {
    "tok_ok": SandboxCharge.Outcome.SUCCEEDS,
    "tok_declined": SandboxCharge.Outcome.DECLINED,
    "tok_slow": SandboxCharge.Outcome.SUCCEEDS,
    "tok_error": SandboxCharge.Outcome.SUCCEEDS,
    "tok_3ds": SandboxCharge.Outcome.CHALLENGE,
}


class SandboxGateway:
    name = "sandbox"

    def charge(self, *, key: UUID, amount: Decimal, currency: str, token: str, now: datetime) -> Charge:
        if token not in TOKENS:
            return Charge(status=ChargeStatus.DECLINED, decline_code="invalid_token")
        delay = {"tok_slow": settings.SANDBOX_SLOW_ANSWER, "tok_3ds": settings.SANDBOX_CHALLENGE_LIFETIME}
        charge = SandboxCharge(
            key=key,
            amount=amount,
            currency=currency,
            outcome=TOKENS[token],
            answers_at=now + delay.get(token, timedelta()),
        )
        SandboxCharge.objects.bulk_create([charge], ignore_conflicts=True)
        if token == "tok_error":  # noqa: S105 -- the name of a scenario
            raise GatewayUnreachable("the sandbox timed out, as this token asks")
        return self.ask(key=key, now=now)

    def ask(self, *, key: UUID, now: datetime) -> Charge:
        charge = SandboxCharge.objects.filter(pk=key).first()
        if charge is None:
            return Charge(status=ChargeStatus.UNKNOWN)
        if charge.outcome == SandboxCharge.Outcome.CHALLENGE and now < charge.answers_at:
            url = settings.SITE_URL + reverse("sandbox-challenge", args=[key])
            return Charge(status=ChargeStatus.PENDING, reference=str(key), challenge_url=url)
        if now < charge.answers_at:
            return Charge(status=ChargeStatus.PENDING, reference=str(key))
        if charge.outcome == SandboxCharge.Outcome.SUCCEEDS:
            return Charge(status=ChargeStatus.SUCCEEDED, reference=str(key))
        decline = "card_declined" if charge.outcome == SandboxCharge.Outcome.DECLINED else "challenge_expired"
        return Charge(status=ChargeStatus.DECLINED, reference=str(key), decline_code=decline)

    def refund(self, *, key: UUID, charge: UUID, amount: Decimal, currency: str) -> None:
        with transaction.atomic():
            taken = SandboxCharge.objects.select_for_update().get(pk=charge)
            if key.hex not in taken.refund_keys:
                taken.refund_keys.append(key.hex)
                taken.refunded += amount
                taken.save(update_fields=["refunded", "refund_keys"])

    @staticmethod
    def answer_challenge(*, key: UUID, approve: bool, now: datetime) -> None:
        """What the bank's page does: the waiting charge succeeds or is declined, from now on."""
        outcome = SandboxCharge.Outcome.SUCCEEDS if approve else SandboxCharge.Outcome.DECLINED
        SandboxCharge.objects.filter(pk=key, outcome=SandboxCharge.Outcome.CHALLENGE, answers_at__gt=now).update(
            outcome=outcome, answers_at=now
        )
