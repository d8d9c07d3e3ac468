"""Correcting how a traveller is written: the same person, spelt right, never another one.

Up to `LETTERS_APART` letters may be wrong, or the given and family name may have changed places; or the date of birth
is wrong and the name is right. Beyond that somebody who may overrule it answers for it. Nobody becomes adult, child or
infant by it, for that is what was sold. The ticket keeps its number, as when the airline changes flights.

What is locked, in this order: the booking, then who the traveller was and is, as when seats are held.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from rapidfuzz.distance import DamerauLevenshtein

from bookings.exceptions import AlreadyBooked, NameNotCorrectable
from bookings.models import Booking, Coupon, DeskAct, Passenger
from bookings.services import events
from bookings.services.acting import Mandate
from bookings.services.constraints import constraint_of
from bookings.services.telling import tell_owner
from bookings.services.travellers import AS_TYPE, Traveller, birth_fault, letters_of, name_fault, names_of, type_on
from bookings.services.whereabouts import lock_identities, refuse_elsewhere
from flights_project.lib import clock
from flights_project.lib.errors import InvalidRequest
from notifications.models import EventType

LETTERS_APART = 3
"""Letters that may be wrong, left out, too many, or swapped with their neighbour."""
UNUSED = (Coupon.Status.HELD, Coupon.Status.OPEN)


def correct_name(
    *, booking: Booking, position: int, corrected: Traveller, mandate: Mandate, now: datetime, overrule: bool = False
) -> DeskAct:
    """Write the traveller at `position` as `corrected` says: title, names and date of birth; who they travel as stays.

    Raises NameNotCorrectable for a booking that is over, or a traveller who has checked in or flown; InvalidRequest
    that names what is wrong with which field, AlreadyBooked and TravellerElsewhere where that person flies already.
    """
    try:
        with transaction.atomic():
            return _correct(booking, position, corrected, mandate, now, overrule=overrule)
    except IntegrityError as error:
        if constraint_of(error) == "nobody_twice_on_a_flight":
            raise AlreadyBooked from error
        raise


def _correct(
    booking: Booking, position: int, corrected: Traveller, mandate: Mandate, now: datetime, *, overrule: bool
) -> DeskAct:
    locked = Booking.objects.locked(booking.pk)
    if earlier := mandate.earlier():
        return earlier
    passenger, coupons = _unused(locked, position)
    before = _as_traveller(passenger)
    lock_identities({before.identity, corrected.identity})
    _refuse_faults(passenger, before, corrected, _last_day(coupons), now, overrule=overrule)
    if corrected.identity != before.identity:
        refuse_elsewhere(names_of([corrected]), [coupon.flight for coupon in coupons], by=mandate.by)
        Coupon.objects.filter(pk__in=[coupon.pk for coupon in coupons]).update(identity=corrected.identity)
    passenger.title, passenger.born_on = corrected.title, corrected.born_on
    passenger.given_name, passenger.family_name = corrected.given_name, corrected.family_name
    passenger.save(update_fields=["title", "given_name", "family_name", "born_on"])
    _tell(locked, str(passenger), mandate, now)
    return mandate.record(
        DeskAct.Kind.RENAME, locked, now=now, before=_in_full(before), after=_in_full(corrected), overruled=overrule
    )


def _unused(booking: Booking, position: int) -> tuple[Passenger, list[Coupon]]:
    """The traveller and the coupons that name them, of which none was used so far."""
    passenger = booking.passengers.filter(position=position).first()
    if passenger is None:
        raise InvalidRequest({"traveller": [_("There is no such traveller in this booking.")]})
    coupons = [
        coupon
        for coupon in passenger.coupons.select_related("flight__destination__city", "flight__origin__city")
        if not coupon.is_ended
    ]
    if not coupons or any(coupon.status not in UNUSED for coupon in coupons):
        raise NameNotCorrectable
    return passenger, coupons


def _last_day(coupons: Sequence[Coupon]) -> date:
    last = max((coupon.flight for coupon in coupons), key=lambda flight: flight.departs_at)
    return last.departs_on


def _as_traveller(passenger: Passenger) -> Traveller:
    return Traveller(
        type=passenger.type,
        title=passenger.title,
        given_name=passenger.given_name,
        family_name=passenger.family_name,
        born_on=passenger.born_on,
    )


def _in_full(traveller: Traveller) -> str:
    return f"{traveller.title} {traveller.given_name} {traveller.family_name}, {traveller.born_on}".strip()


def _refuse_faults(
    passenger: Passenger, before: Traveller, corrected: Traveller, last_day: date, now: datetime, *, overrule: bool
) -> None:
    """Raises InvalidRequest with every fault at its field."""
    today = clock.local_date(now, "UTC")
    faults = {
        "given_name": name_fault(corrected.given_name),
        "family_name": name_fault(corrected.family_name),
        "born_on": birth_fault(corrected.born_on, today) or _type_fault(passenger, corrected.born_on, last_day),
    }
    if not any(faults.values()):
        faults["family_name"] = _unchanged(before, corrected) or (
            None if overrule or is_same_person(before, corrected) else another_person()
        )
    if found := {field: [fault] for field, fault in faults.items() if fault}:
        raise InvalidRequest(found)


def _unchanged(before: Traveller, corrected: Traveller) -> str | None:
    return _("This is how the name is written already.") if _in_full(before) == _in_full(corrected) else None


def another_person() -> str:
    return _(
        "This could be another person: at most %(count)d letters may be wrong, or the date of birth, not both. "
        "A supervisor can correct more."
    ) % {"count": LETTERS_APART}


def _type_fault(passenger: Passenger, born_on: date, last_day: date) -> str | None:
    actual = type_on(last_day, born_on)
    if actual == passenger.type:
        return None
    return _("Born on this day, the traveller is %(actual)s, and another ticket was sold.") % {
        "actual": AS_TYPE[actual]
    }


def is_same_person(before: Traveller, corrected: Traveller) -> bool:
    """Whether `corrected` can be taken for a slip in `before`."""
    names = [letters_of(before.given_name + before.family_name), letters_of(before.family_name + before.given_name)]
    typed = letters_of(corrected.given_name + corrected.family_name)
    apart = min(DamerauLevenshtein.distance(name, typed) for name in names)
    if corrected.born_on != before.born_on:
        return apart == 0
    return apart <= LETTERS_APART


def _tell(booking: Booking, name: str, mandate: Mandate, now: datetime) -> None:
    """A hold's traveller reads the right name when it is paid."""
    if booking.status == Booking.Status.CONFIRMED:
        tell_owner("booking_changed", booking, subject=mandate.key.hex, corrected=name, now=now)
    events.record(EventType.BOOKING_CHANGED, booking, change="name", now=now)
