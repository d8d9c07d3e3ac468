"""Holding, taking a payment and cancelling for whoever calls: the services of travellers, with who did it and why.

A booking that is made for somebody is theirs: of the account whose owner has confirmed that address. Where there is
none, one is made that nobody can log in to before they have proved, by a mail to it, that the address is theirs.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from airlines.services.offers import OfferClaim
from bookings.exceptions import NotPayable, QuoteOutdated
from bookings.models import Booking, DeskAct
from bookings.services.acting import Mandate
from bookings.services.cancellation import confirm_cancellation
from bookings.services.holds import Contact, hold_seats, release_hold
from bookings.services.payment import pay
from bookings.services.travellers import Traveller
from flights_project.gateway.models import User
from flights_project.gateway.services import open_unclaimed_account
from flights_project.lib.errors import InvalidRequest
from flights_project.lib.money import on_the_wire
from flights_project.lib.statements import fetch


@transaction.atomic
def hold_for(
    *, offer: OfferClaim, travellers: Sequence[Traveller], contact: Contact, mandate: Mandate, now: datetime
) -> DeskAct:
    """As `hold_seats`, in the name of whoever reads mail at `contact`; raises what that raises, and InvalidRequest
    where an account has the address and nobody has confirmed that it is theirs.

    Locks the mandate by its key: there is no row to lock yet.
    """
    fetch("SELECT pg_advisory_xact_lock(%s)", [mandate.key.int >> 65])
    if earlier := mandate.earlier():
        return earlier
    owner = account_for(contact.email)
    booking = hold_seats(offer=offer, travellers=travellers, contact=contact, owner=owner, now=now)
    return mandate.record(DeskAct.Kind.HOLD, booking, now=now, amount=on_the_wire(booking.total, booking.currency))


def account_for(email: str) -> User:
    """Whose booking it is: the member who has confirmed `email`, or a new account that nobody can open without it."""
    confirmed = EmailAddress.objects.filter(email__iexact=email, verified=True).select_related("user").first()
    if confirmed is not None:
        member: User = confirmed.user
        return member
    there = User.objects.filter(email__iexact=email).first()
    if there is not None and not there.has_usable_password():
        return there  # made by an earlier call, and still nobody's
    if there is not None:
        words = _("Somebody has an account with this address and has not confirmed that it is theirs.")
        raise InvalidRequest({"email": [words]})
    return open_unclaimed_account(email=email)


def pay_for(*, booking: Booking, gateway: str, token: str, total: Decimal, mandate: Mandate, now: datetime) -> DeskAct:
    """As `pay` for the `total` that was read out to the payer, and raises what that raises: the gateway is called
    between transactions. `facts` of the act say how it ended; a payment that runs on is settled as any other.
    Sent again with another card, a form takes no money."""
    if earlier := mandate.earlier():
        return earlier
    try:
        payment = pay(booking=booking, gateway=gateway, token=token, total=total, now=now)
    except NotPayable:
        if earlier := mandate.earlier():
            return earlier
        raise
    with transaction.atomic():
        locked = Booking.objects.locked(booking.pk)
        amount = on_the_wire(payment.amount, payment.currency)
        return mandate.earlier() or mandate.record(
            DeskAct.Kind.PAY, locked, now=now, amount=amount, gateway=gateway, payment=str(payment.pk)
        )


@transaction.atomic
def cancel_for(*, booking: Booking, quote_id: UUID, mandate: Mandate, now: datetime) -> DeskAct:
    """As `confirm_cancellation`, and raises what that raises; QuoteOutdated for a quote that somebody else has
    confirmed. Locks the booking."""
    locked = Booking.objects.locked(booking.pk)
    if earlier := mandate.earlier():
        return earlier
    if locked.cancellation_quotes.filter(pk=quote_id, confirmed_at__isnull=False).exists():
        raise QuoteOutdated
    quote = confirm_cancellation(booking=locked, quote_id=quote_id, now=now, by=mandate.by)
    locked.refresh_from_db(fields=["status"])
    return _cancelled(locked, quote.refund, mandate, now)


@transaction.atomic
def release_for(*, booking: Booking, mandate: Mandate, now: datetime) -> DeskAct:
    """As `release_hold`, and raises what that raises. Locks the booking."""
    locked = Booking.objects.locked(booking.pk)
    if earlier := mandate.earlier():
        return earlier
    return _cancelled(release_hold(booking=locked, now=now), Decimal(), mandate, now)


def _cancelled(booking: Booking, refund: Decimal, mandate: Mandate, now: datetime) -> DeskAct:
    return mandate.record(DeskAct.Kind.CANCEL, booking, now=now, amount=on_the_wire(refund, booking.currency))
