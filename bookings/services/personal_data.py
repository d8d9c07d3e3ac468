"""What is kept of a person: given to them as a file, and erased when they close their account."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _

from bookings.exceptions import AccountInUse
from bookings.models import Booking, Passenger
from flights_project.gateway.models import User
from notifications.services.recipients import forget_recipient, messages_to

CLOSED = "closed.invalid"
"""The domain of closed accounts: no mail can go there (RFC 2606)."""


def personal_data(user: User) -> dict[str, Any]:
    """Everything that is kept of `user`, as plain values; without what would open the account."""
    bookings = Booking.objects.of(user).with_journey()
    return {
        "account": {
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "language": user.language,
            "joined_at": user.date_joined,
            "last_login_at": user.last_login,
            "second_factors": sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True)),
            "api_keys": list(user.api_keys.values("name", "prefix", "scopes", "created_at", "last_used_at")),
        },
        "saved_travellers": list(user.saved_travellers.values("title", "given_name", "family_name", "born_on")),
        "bookings": [_booking(booking) for booking in bookings],
        "price_alerts": list(
            user.price_alerts.values(
                "origin", "destination", "cabin", "depart_on", "return_on", "limit", "percent", "created_at", "told_at"
            )
        ),
        "messages": list(messages_to(user, phones=_phones(user)).values("kind", "subject", "written_at", "sent_at")),
    }


def _booking(booking: Booking) -> dict[str, Any]:
    return {
        "locator": booking.locator,
        "status": booking.status,
        "held_at": booking.held_at,
        "total": booking.total,
        "currency": booking.currency,
        "contact": {"email": booking.contact_email, "phone": booking.contact_phone},
        "held_from": booking.held_from,
        "travellers": [_passenger(passenger) for passenger in booking.passengers.all()],
        "flights": [
            {
                "number": segment.flight.number,
                "origin": segment.flight.origin.iata,
                "destination": segment.flight.destination.iata,
                "departs_at": segment.flight.departs_at,
            }
            for segment in booking.segments.all()
        ],
        "payments": [
            {
                "amount": payment.amount,
                "status": payment.status,
                "started_at": payment.started_at,
                "refunds": [{"amount": refund.amount, "status": refund.status} for refund in payment.refunds.all()],
            }
            for payment in booking.payments.all()
        ],
    }


def _passenger(passenger: Passenger) -> dict[str, Any]:
    ticket = getattr(passenger, "ticket", None)
    named = model_to_dict(passenger, fields=["type", "title", "given_name", "family_name"])
    return named | {"born_on": passenger.born_on, "ticket": ticket and ticket.number}


@transaction.atomic
def close_account(*, user: User, now: datetime) -> None:
    """Erase who `user` is. Bookings stay, with who flew and what was paid, as tax and aviation law ask of an airline;
    nobody can find a person by them any more, log in, or write to them.

    Raises AccountInUse while there is a trip ahead, a payment or a refund under way, and for staff, whose accounts
    an administrator closes.
    """
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if locked.is_staff:
        raise AccountInUse(_("Staff accounts are closed by an administrator."))
    busy = sorted(Booking.objects.of(locked).unfinished(now).values_list("locator", flat=True))
    if busy:
        words = _("This account has a trip ahead, or money under way. Close it when that is over.")
        raise AccountInUse(words, bookings=busy)
    forget_recipient(locked, phones=_phones(locked))
    _lock_out(locked, now)
    Booking.objects.of(locked).update(contact_email=_nobody(locked), contact_phone="", held_from=None)
    locked.saved_travellers.all().delete()
    locked.price_alerts.all().delete()
    locked.email, locked.first_name, locked.last_name, locked.is_active = _nobody(locked), "", "", False
    locked.set_unusable_password()
    locked.save()


def _phones(user: User) -> set[str]:
    """Where text messages about the bookings went."""
    return set(Booking.objects.of(user).exclude(contact_phone="").values_list("contact_phone", flat=True))


def _nobody(user: User) -> str:
    return f"account-{user.pk}@{CLOSED}"


def _lock_out(user: User, now: datetime) -> None:
    _end_sessions(UserSession.objects.filter(user=user))
    Authenticator.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    user.api_keys.filter(revoked_at=None).update(revoked_at=now)


def _end_sessions(sessions: Iterable[UserSession]) -> None:
    for session in sessions:
        session.end()
