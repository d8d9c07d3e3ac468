"""Who travels: checked against the offer they travel on, and told apart from everybody else."""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from airlines.services.pricing import Party, TravellerType
from flights_project.lib.errors import InvalidRequest

CHILD_FROM, ADULT_FROM = 2, 12
AS_TYPE = {
    TravellerType.ADULT: gettext_lazy("an adult (12 or older)"),
    TravellerType.CHILD: gettext_lazy("a child (2 to 11)"),
    TravellerType.INFANT: gettext_lazy("an infant (under 2)"),
}
OLDEST = 120
ACCENTED = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "ARABIC", "HEBREW", "SYRIAC")
"""Scripts, as Unicode's names of letters begin, whose marks people leave out: accents, and points for vowels."""
NUKTA = 7
"""Unicode's combining class of the dot below an Indian letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traveller:
    """A traveller as entered. `with_adult` is the position, from 0, of the adult on whose lap an infant sits."""

    type: str
    given_name: str
    family_name: str
    born_on: date
    title: str = ""
    with_adult: int | None = None

    @property
    def identity(self) -> str:
        """The same for the same person however the name is typed, by `letters_of` and the date of birth.

        It is kept with coupons and saved travellers: another rule comes with a migration that writes them anew.
        """
        letters = letters_of(self.given_name + self.family_name)
        return hashlib.sha256(f"{letters} {self.born_on:%Y-%m-%d}".encode()).hexdigest()


def as_printed(name: str) -> str:
    """A name as tickets have it, whoever types it: composed letters (Unicode's NFC) and single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def letters_of(name: str) -> str:
    """What of a name does not depend on who types it: its letters, without case and accents.

    Marks are accents in the scripts of `ACCENTED`. Elsewhere they are vowels and what joins consonants: without them
    रमा, रीमा and राम would be one name. A nukta is typed or left out as accents are.
    """
    letters, is_accented = [], True
    for sign in unicodedata.normalize("NFKD", name.casefold()):
        if sign.isalpha():
            letters.append(sign)
            is_accented = unicodedata.name(sign, "").startswith(ACCENTED)
        elif unicodedata.category(sign) in ("Mn", "Mc") and not is_accented and unicodedata.combining(sign) != NUKTA:
            letters.append(sign)
    return "".join(letters)


def names_of(travellers: Sequence[Traveller]) -> dict[str, str]:
    """Names by identity."""
    return {each.identity: f"{each.given_name} {each.family_name}" for each in travellers}


def age_on(day: date, born_on: date) -> int:
    """Full years. Somebody born on 29 February has the birthday on 1 March in other years."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def type_on(day: date, born_on: date) -> TravellerType:
    """IATA: adult from 12, child from 2 to 11, infant under 2, on the day of the last flight."""
    age = age_on(day, born_on)
    if age < CHILD_FROM:
        return TravellerType.INFANT
    return TravellerType.CHILD if age < ADULT_FROM else TravellerType.ADULT


def check_travellers(
    travellers: Sequence[Traveller], *, party: Party, last_flight_on: date, today: date
) -> list[Traveller]:
    """The travellers with every infant on a lap. Raises InvalidRequest that names what is wrong with whom."""
    errors: dict[str, list[str]] = {}
    if _counts(travellers) != party.counts:
        asked = _("The offer is for %(party)s: enter exactly these travellers.") % {"party": _in_words(party)}
        errors["passengers"] = [asked]
    for index, traveller in enumerate(travellers):
        faults = {
            "given_name": name_fault(traveller.given_name),
            "family_name": name_fault(traveller.family_name),
            "born_on": birth_fault(traveller.born_on, today) or _type_fault(traveller, last_flight_on),
        }
        errors |= {f"passengers[{index}].{field}": [fault] for field, fault in faults.items() if fault}
    errors |= _twice(travellers)
    if not errors:
        travellers, errors = _seat_infants(travellers)
    if errors:
        raise InvalidRequest(errors)
    return list(travellers)


def _counts(travellers: Sequence[Traveller]) -> dict[TravellerType, int]:
    counts = {kind: sum(1 for each in travellers if each.type == kind) for kind in TravellerType}
    return {kind: count for kind, count in counts.items() if count}


def _in_words(party: Party) -> str:
    words = {
        TravellerType.ADULT: ngettext("%(count)d adult", "%(count)d adults", party.adults),
        TravellerType.CHILD: ngettext("%(count)d child", "%(count)d children", party.children),
        TravellerType.INFANT: ngettext("%(count)d infant", "%(count)d infants", party.infants),
    }
    return ", ".join(words[kind] % {"count": count} for kind, count in party.counts.items())


def name_fault(name: str) -> str | None:
    """What is wrong with a name, if anything: it has a letter of some script and nothing that cannot be printed.

    No more than that: real names have apostrophes, hyphens, dots, slashes and one letter.
    """
    if not any(map(str.isalpha, name)):
        return _("Enter the name as it stands in the passport or identity card.")
    if not name.isprintable():
        return _("This name has signs that cannot be printed.")
    return None


def birth_fault(born_on: date, today: date) -> str | None:
    """What is wrong with a date of birth, whoever travels where."""
    if born_on > today:
        return _("This date of birth is in the future.")
    if age_on(today, born_on) > OLDEST:
        return _("This date of birth is too long ago.")
    return None


def _type_fault(traveller: Traveller, last_flight_on: date) -> str | None:
    actual = type_on(last_flight_on, traveller.born_on)
    if actual != traveller.type:
        return _(
            "On the day of the last flight, %(day)s, this traveller is %(actual)s, not %(entered)s: "
            "search again with the right party."
        ) % {
            "day": date_format(last_flight_on, "j F Y"),
            "actual": AS_TYPE[actual],
            "entered": AS_TYPE[TravellerType(traveller.type)],
        }
    return None


def _twice(travellers: Sequence[Traveller]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    seen: dict[str, int] = {}
    for index, traveller in enumerate(travellers):
        if traveller.identity in seen:
            errors[f"passengers[{index}].given_name"] = [_("This traveller is entered twice.")]
        seen.setdefault(traveller.identity, index)
    return errors


def _seat_infants(travellers: Sequence[Traveller]) -> tuple[list[Traveller], dict[str, list[str]]]:
    """Each infant on the lap of the adult it names, or of the first adult without one."""
    adults = {index for index, each in enumerate(travellers) if each.type == TravellerType.ADULT}
    free = adults - {each.with_adult for each in travellers if each.type == TravellerType.INFANT}
    taken: set[int] = set()
    seated, errors = [], {}
    for index, traveller in enumerate(travellers):
        lap = traveller.with_adult
        if traveller.type != TravellerType.INFANT:
            seated.append(replace(traveller, with_adult=None))
            continue
        if lap is None:
            lap = min(free)
            free.discard(lap)
        if lap not in adults:
            errors[f"passengers[{index}].with_adult"] = [_("Name the position of an adult of this booking, from 0.")]
        elif lap in taken:
            errors[f"passengers[{index}].with_adult"] = [_("There is already an infant on this adult's lap.")]
        taken.add(lap)
        seated.append(replace(traveller, with_adult=lap))
    return seated, errors
