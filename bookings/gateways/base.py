from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Protocol
from uuid import UUID


class ChargeStatus(Enum):
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    PENDING = "pending"
    """The gateway has the charge and has not decided; where it wants a challenge, `challenge_url` is set."""
    UNKNOWN = "unknown"
    """The gateway never heard of this charge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a gateway says of a charge."""

    status: ChargeStatus
    reference: str = ""
    decline_code: str = ""
    challenge_url: str = ""


class GatewayUnreachable(Exception):
    """No answer: the money may have been taken or not. The truth is asked for later."""


class PaymentGateway(Protocol):
    """Never called inside a database transaction. The same `key` is the same charge or refund, however often sent."""

    name: str

    def charge(self, *, key: UUID, amount: Decimal, currency: str, token: str, now: datetime) -> Charge:
        """Take `amount` from what `token` stands for. Raises GatewayUnreachable where no answer came."""

    def ask(self, *, key: UUID, now: datetime) -> Charge:
        """What became of the charge with this key. Raises GatewayUnreachable."""

    def refund(self, *, key: UUID, charge: UUID, amount: Decimal, currency: str) -> None:
        """Give back `amount` of a charge. Raises GatewayUnreachable, and is then sent again."""
