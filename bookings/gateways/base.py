from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Protocol
from uuid import UUID

from bookings.models import Payment, Refund


class ChargeStatus(Enum):
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    """Nothing was taken, and nothing can be taken by this charge any more."""
    PENDING = "pending"
    """The gateway has the charge and has not decided; where it wants a challenge, `challenge_url` is set."""
    UNKNOWN = "unknown"
    """The gateway was never told to take the money, as far as it knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a gateway says of a charge. A success says what was taken, so that it can be compared."""

    status: ChargeStatus
    reference: str = ""
    amount: Decimal | None = None
    currency: str = ""
    decline_code: str = ""
    challenge_url: str = ""

    def __post_init__(self) -> None:
        if self.status is ChargeStatus.SUCCEEDED and self.amount is None:
            raise ValueError("A success says what was taken.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeNotice:
    """A gateway says by itself that a charge has changed. Without a `charge` it is asked for the truth."""

    key: UUID | None
    reference: str
    charge: Charge | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundNotice:
    """A gateway says by itself what became of a refund; `key` is ours, where we asked for it."""

    key: UUID | None
    reference: str
    failed: bool


class GatewayUnreachable(Exception):
    """No answer: the money may have been taken or not. The truth is asked for later."""


class NoticeInvalid(Exception):
    """A notice that the gateway has not signed, or not lately."""


class PaymentGateway(Protocol):
    """Never called inside a database transaction.

    A charge is made in two steps, so that whatever is lost in between can be found again: `prepare` announces it and
    moves no money, its reference is kept, and only then `charge` takes the money. The payment's id is the idempotency
    key of its charge, the refund's id that of a refund.
    """

    name: str

    def prepare(self, *, payment: Payment) -> Charge:
        """Announce the charge: PENDING with the reference to keep, or DECLINED. Raises GatewayUnreachable, and then
        nothing can ever be taken: without its reference nobody goes on."""

    def charge(self, *, payment: Payment, now: datetime) -> Charge:
        """Take the money of a prepared payment from what its token stands for. Raises GatewayUnreachable."""

    def ask(self, *, payment: Payment, now: datetime) -> Charge:
        """What became of the charge; never takes money. Raises GatewayUnreachable."""

    def give_up(self, *, payment: Payment, now: datetime) -> Charge:
        """Make sure that the charge can never be made any more; where it is too late for that, what became of it.
        Raises GatewayUnreachable."""

    def refund(self, *, refund: Refund) -> None:
        """Give back the refund's amount of its payment. Raises GatewayUnreachable, and is then sent again."""

    def read_notice(self, *, body: bytes, signature: str) -> ChargeNotice | RefundNotice | None:
        """What the gateway sent by itself, None where it is about something else. Raises NoticeInvalid."""
