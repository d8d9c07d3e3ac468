"""Every kind of message there is: how much it hurries, by which channels it goes, and whether it can be refused.

Its words are `templates/notifications/mail/KIND.html`.
"""

from dataclasses import dataclass

from django.db.models import IntegerChoices, TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Urgency(IntegerChoices):
    """Workers take the most urgent message that is due."""

    NOW = 0, _("at once")
    SOON = 1, _("soon")
    ANY_TIME = 2, _("any time")


class Way(TextChoices):
    """The channels; `settings.MESSAGE_CHANNELS` names what carries each."""

    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message")
    INBOX = "inbox", _("inbox on our pages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`choosable` ones can be refused by their recipient. What is `unasked` is about no booking and no account, so that
    its mail carries a one-click stop (RFC 8058). `secret` ones may hold links that open an account: staff do not read
    them, and they are in no inbox. `unpaid` ones anybody can cause for nothing, to any address: only so many an hour go
    to one that its account has not confirmed (`services/limits.py`). `enclosures` name files that
    `settings.MESSAGE_ENCLOSURES` makes."""

    label: str | Promise
    urgency: Urgency = Urgency.SOON
    ways: tuple[Way, ...] = (Way.EMAIL, Way.INBOX)
    choosable: bool = False
    unasked: bool = False
    secret: bool = False
    unpaid: bool = False
    enclosures: tuple[str, ...] = ()


EVERY_WAY = (Way.EMAIL, Way.INBOX, Way.SMS)

KINDS: dict[str, Kind] = {
    "booking_held": Kind(label=_("Seats held: pay by"), unpaid=True),
    "booking_confirmed": Kind(label=_("Booking confirmed"), enclosures=("e_ticket", "invitations")),
    "seats_paid": Kind(label=_("Seats paid")),
    "payment_failed": Kind(label=_("Payment failed"), unpaid=True),
    "hold_expired": Kind(label=_("Time to pay ran out"), unpaid=True),
    "payment_refunded": Kind(label=_("Paid too late: money goes back")),
    "booking_cancelled": Kind(label=_("Booking cancelled"), enclosures=("invitations",)),
    "refund_paid": Kind(label=_("Refund paid")),
    "seats_changed": Kind(label=_("Seats changed"), enclosures=("e_ticket",)),
    "check_in_open": Kind(label=_("Check-in is open"), choosable=True),
    "flight_reminder": Kind(label=_("The day before a flight"), choosable=True),
    "check_in_closing": Kind(label=_("Last call to check in"), urgency=Urgency.NOW, ways=EVERY_WAY, choosable=True),
    "flight_delayed": Kind(label=_("Flight moved"), urgency=Urgency.NOW, ways=EVERY_WAY, enclosures=("invitations",)),
    "gate_changed": Kind(label=_("Gate changed"), urgency=Urgency.NOW, ways=EVERY_WAY, enclosures=("invitations",)),
    "flight_cancelled": Kind(
        label=_("Flight cancelled"), urgency=Urgency.NOW, ways=EVERY_WAY, enclosures=("invitations",)
    ),
    "booking_moved": Kind(
        label=_("Moved to other flights"),
        urgency=Urgency.NOW,
        ways=EVERY_WAY,
        enclosures=("e_ticket", "invitations"),
    ),
    "booking_changed": Kind(label=_("Booking changed"), enclosures=("e_ticket", "invitations")),
    "airplane_changed": Kind(label=_("Another airplane: other seats"), enclosures=("e_ticket",)),
    "seats_found": Kind(label=_("Seats for everybody after all")),
    "flight_note": Kind(label=_("Written by staff to a flight's travellers")),
    "price_alert": Kind(label=_("Prices that you watch"), urgency=Urgency.ANY_TIME, choosable=True, unasked=True),
    "webhook_switched_off": Kind(label=_("A webhook endpoint was switched off")),
    "account": Kind(label=_("About the account"), urgency=Urgency.NOW, ways=(Way.EMAIL,), secret=True),
}
