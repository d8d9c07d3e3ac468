"""Acting for a traveller: who of the staff does it, and why. Each act is done once, however often its form is sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from bookings.models import Booking, DeskAct
from flights_project.gateway.models import User
from flights_project.lib.errors import InvalidRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """Who acts for a traveller, and why. `key` is the form's: the same key is the same act.

    Raises InvalidRequest without a reason.
    """

    by: User
    reason: str
    key: UUID

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise InvalidRequest({"reason": [_("Say why: this is done for a reason, which stays with the booking.")]})

    def earlier(self) -> DeskAct | None:
        """What was done with it before. Whoever asks has locked what a second sender would wait for."""
        return DeskAct.objects.select_related("booking").filter(pk=self.key).first()

    def record(self, kind: DeskAct.Kind, booking: Booking, *, now: datetime, **facts: Any) -> DeskAct:
        """Write down in the running transaction what was done. `facts` hold no addresses: acts are kept for ever."""
        return DeskAct.objects.create(
            pk=self.key, booking=booking, kind=kind, by=self.by, reason=self.reason.strip(), facts=facts, done_at=now
        )
