"""Travellers that a person has saved, to fill in the next booking with."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from bookings.models import SavedTraveller
from bookings.services.travellers import Traveller, birth_fault, name_fault
from flights_project.gateway.models import User
from flights_project.lib.errors import InvalidRequest

SAVED_AT_MOST = 30
"""Of one person: more than any family, fewer than a list of customers."""


def save_travellers(*, owner: User, travellers: Iterable[Traveller], today: date) -> list[SavedTraveller]:
    """Keep `travellers`; somebody who is kept already is brought up to date.

    Raises InvalidRequest, naming the field, for a name or date of birth that no booking takes, and where there
    would be more than SAVED_AT_MOST.
    """
    rows = [_row(owner, traveller, today) for traveller in travellers]
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        kept = set(owner.saved_travellers.values_list("identity", flat=True))
        if len(kept | {row.identity for row in rows}) > SAVED_AT_MOST:
            words = _("%(count)d travellers are saved: remove one first.") % {"count": SAVED_AT_MOST}
            raise InvalidRequest({"given_name": [words]})
        return SavedTraveller.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["owner", "identity"],
            update_fields=["title", "given_name", "family_name"],
        )


def _row(owner: User, traveller: Traveller, today: date) -> SavedTraveller:
    faults = {
        "given_name": name_fault(traveller.given_name),
        "family_name": name_fault(traveller.family_name),
        "born_on": birth_fault(traveller.born_on, today),
    }
    if any(faults.values()):
        raise InvalidRequest({field: [fault] for field, fault in faults.items() if fault})
    return SavedTraveller(
        owner=owner,
        identity=traveller.identity,
        title=traveller.title,
        given_name=traveller.given_name,
        family_name=traveller.family_name,
        born_on=traveller.born_on,
    )


def forget_traveller(*, owner: User, pk: int) -> bool:
    """Whether there was such a traveller among the owner's."""
    deleted, _by_model = owner.saved_travellers.filter(pk=pk).delete()
    return deleted > 0
