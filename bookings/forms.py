"""What a traveller enters to book and to pay."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from csp.constants import SELF
from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from airlines.services.pricing import Party, TravellerType
from bookings.gateways import open_gateways
from bookings.gateways.stripe_amounts import to_stripe
from bookings.models import Booking, Passenger, SavedTraveller
from bookings.seats import Spot
from bookings.services.holds import PHONE, Contact
from bookings.services.travellers import OLDEST, Traveller, as_printed, name_fault, type_on
from bookings.trips import Trip
from flights_project.gateway.models import User
from flights_project.gateway.templatetags.flights import money

PASSENGER_FIELD = re.compile(r"^passengers\[(\d+)\]\.(\w+)$")
"""How a service names the field of a traveller: `passengers[1].born_on`."""

KINDS: dict[TravellerType, str | Promise] = {
    TravellerType.ADULT: _("adult, 12 or older"),
    TravellerType.CHILD: _("child, 2 to 11"),
    TravellerType.INFANT: _("infant, under 2"),
}


def _a_name(value: str) -> None:
    """Raises ValidationError for what the service would refuse, so that all faults of a form are shown at once."""
    if fault := name_fault(value):
        raise forms.ValidationError(fault)


PURPOSES = {
    "title": "honorific-prefix",
    "given_name": "given-name",
    "family_name": "family-name",
    "born_on": "bday",
}
"""What browsers call a traveller's fields, to fill them in."""

TRAVELLER_FIELDS = (*PURPOSES, "with_adult")
CONTACT_FIELDS = ("email", "phone", "save")


def kinds_of(party: Party) -> list[TravellerType]:
    """Who each part of a booking form is for, in its order."""
    return [kind for kind, count in party.counts.items() for _each in range(count)]


def prefix_of(position: int) -> str:
    """How a booking form names the fields of a traveller: `passengers-1-born_on`."""
    return f"passengers-{position}"


class NameField(forms.CharField):
    """A given or family name; cleans to composed letters and single spaces."""

    default_validators: list[Callable[[str], None]] = [_a_name]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=60, **kwargs)

    def to_python(self, value: Any) -> Any:
        return as_printed(super().to_python(value) or "")


class DateOfBirthInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PersonForm(forms.Form):
    """A person by name and date of birth, as the passport has them."""

    title = forms.ChoiceField(
        label=_("Title (optional)"), choices=[("", "–"), *Passenger.Title.choices], required=False
    )
    given_name = NameField(label=_("Given name"), error_messages={"required": _("Enter the given name.")})
    family_name = NameField(label=_("Family name"), error_messages={"required": _("Enter the family name.")})
    born_on = forms.DateField(
        label=_("Date of birth"),
        widget=DateOfBirthInput(),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": _("Enter the date of birth."),
            "invalid": _("Enter a date of the calendar."),
        },
    )

    def __init__(self, *args: Any, section: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.now().date()
        self.fields["born_on"].widget.attrs |= {"min": str(date(today.year - OLDEST, 1, 1)), "max": str(today)}
        for name, purpose in PURPOSES.items():
            self.fields[name].widget.attrs["autocomplete"] = f"{section} {purpose}".strip()
        for name in ("given_name", "family_name"):
            self.fields[name].widget.attrs |= {"autocapitalize": "words", "spellcheck": "false"}

    @property
    def person(self) -> Traveller:
        """As entered, for a list of people; as whom they travel is decided by the day of a flight."""
        return Traveller(type="", **{name: self.cleaned_data[name] for name in PURPOSES})


class TravellerForm(PersonForm):
    """One traveller of an offer's party; whether adult, child or infant is the offer's."""

    with_adult = forms.TypedChoiceField(label=_("On the lap of"), coerce=int)

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        position: int,
        kind: TravellerType,
        adults: int,
        initial: Mapping[str, Any],
    ) -> None:
        super().__init__(data, prefix=prefix_of(position), initial=initial, section=f"section-traveller{position + 1}")
        self.kind, self.position = kind, position
        self.saved: Sequence[SavedTraveller] = ()
        self.heading = _("Traveller %(number)d") % {"number": position + 1}
        self.kind_in_words = KINDS[kind]
        if kind == TravellerType.INFANT:
            laps = [(adult, _("Traveller %(number)d") % {"number": adult + 1}) for adult in range(adults)]
            self.fields["with_adult"].choices = laps  # type: ignore[attr-defined]
        else:
            del self.fields["with_adult"]

    @property
    def traveller(self) -> Traveller:
        return replace(self.person, type=self.kind, with_adult=self.cleaned_data.get("with_adult"))


class ContactForm(forms.Form):
    """Where the booking's messages go, and whether to keep who travels."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        help_text=_("Tickets and news of your flight go there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.RegexField(
        PHONE,
        label=_("Phone (optional)"),
        required=False,
        help_text=_("With the country's code, such as +91 98765 43210."),
        error_messages={"invalid": _("Enter a phone number in digits, such as +91 98765 43210.")},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    save = forms.BooleanField(label=_("Save these travellers for my next booking"), required=False)


class BookingForm:
    """All travellers of a party and their contact, in the order of the offer.

    `kept` is what was typed so far, unchecked, where the page is shown again for another reason than to send it.
    """

    def __init__(
        self,
        party: Party,
        data: Mapping[str, Any] | None = None,
        *,
        owner: User,
        kept: Mapping[str, Any] | None = None,
    ) -> None:
        self.travellers = [
            TravellerForm(
                data,
                position=position,
                kind=kind,
                adults=party.adults,
                initial=_typed(kept, f"{prefix_of(position)}-") or _initial(position, owner, party),
            )
            for position, kind in enumerate(kinds_of(party))
        ]
        contact = _typed(kept, "contact-") or {"email": owner.email}
        self.contact = ContactForm(data, prefix="contact", initial=contact)

    def suggest(self, saved: Sequence[SavedTraveller], last_flight_on: date) -> None:
        """Offer saved travellers to fill in with, each where somebody of their age is asked for."""
        for form in self.travellers:
            form.saved = [each for each in saved if type_on(last_flight_on, each.born_on) == form.kind]

    @property
    def forms(self) -> list[forms.Form]:
        return [*self.travellers, self.contact]

    @property
    def has_errors(self) -> bool:
        return any(form.errors for form in self.forms)

    def is_valid(self) -> bool:
        return all(form.is_valid() for form in self.forms)

    def entered_travellers(self) -> list[Traveller]:
        return [form.traveller for form in self.travellers]

    def entered_contact(self) -> Contact:
        entered = self.contact.cleaned_data
        return Contact(email=entered["email"], phone=entered["phone"])

    @property
    def asks_to_save(self) -> bool:
        return bool(self.contact.cleaned_data["save"])

    def refuse(self, faults: Mapping[str, list[str]]) -> None:
        """Put what the service found beside the fields that it names."""
        for name, found in faults.items():
            named = PASSENGER_FIELD.match(name)
            form = self.travellers[int(named.group(1))] if named else self.travellers[0]
            field = named.group(2) if named and named.group(2) in form.fields else None
            form.add_error(field, found)


def _typed(kept: Mapping[str, Any] | None, prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in (kept or {}).items() if name.startswith(prefix)}


def _initial(position: int, owner: User, party: Party) -> dict[str, str]:
    """Whoever books travels first, most of the time; each infant sits with another adult."""
    if position == 0:
        return {"given_name": owner.first_name, "family_name": owner.last_name}
    infant = position - party.seats
    return {"with_adult": str(infant)} if infant >= 0 else {}


class PaymentForm(forms.Form):
    """What to pay with, and the total that the page showed: another one is not charged."""

    gateway: ClassVar[str]
    sources: ClassVar[dict[str, list[str]]] = {}
    """What else the page loads from, by directive of the content security policy."""

    total = forms.DecimalField(label=_("Total"), widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, booking: Booking) -> None:
        super().__init__(data)
        self.booking = booking

    def clean_total(self) -> Decimal:
        return agreed_total(self.booking, self.cleaned_data["total"])


def agreed_total(booking: Booking, shown: Decimal) -> Decimal:
    """What was shown, if it is what a payment would take now. Raises ValidationError with the price of now."""
    if shown != booking.amount_due:
        raise forms.ValidationError(
            _("The price is %(total)s now. Nothing was charged: pay only if you agree to it."),
            params={"total": money(booking.amount_due)},
        )
    return shown


class SandboxPaymentForm(PaymentForm):
    """A card of the sandbox."""

    gateway = "sandbox"
    CARDS = [
        ("tok_ok", _("Card that is accepted"), _("Pays at once.")),
        ("tok_3ds", _("Card with a bank's check"), _("The bank asks you to confirm on its own page.")),
        ("tok_declined", _("Card that is declined"), _("The bank says no; your seats stay held.")),
        ("tok_error", _("Card whose answer gets lost"), _("The bank does not answer; we ask until we know.")),
        ("tok_slow", _("Card of a slow bank"), _("The answer comes after the time to pay has ended.")),
    ]

    token = forms.ChoiceField(
        label=_("Card"),
        choices=[(token, name) for token, name, _hint in CARDS],
        widget=forms.RadioSelect,
        initial="tok_ok",
        error_messages={"required": _("Choose a card.")},
    )
    field_order = ["token", "total"]


class StripePaymentForm(PaymentForm):
    """Stripe's own fields in its own frame: a card's number never comes here, only a token that stands for it."""

    gateway = "stripe"
    sources = {
        "script-src": ["https://js.stripe.com", "https://*.js.stripe.com"],
        "frame-src": ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"],
        "connect-src": [SELF, "https://api.stripe.com"],
    }

    token = forms.RegexField(
        r"^(ctoken|pm)_[A-Za-z0-9_]{1,180}$",
        label=_("Card"),
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Enter your card."),
            "invalid": _("Enter your card again: it did not reach us whole."),
        },
    )

    @property
    def smallest_units(self) -> int:
        """The total as Stripe's script wants it."""
        return to_stripe(self.booking.amount_due, self.booking.currency)

    @property
    def publishable_key(self) -> str:
        return str(settings.STRIPE_PUBLISHABLE_KEY)


def payment_form(data: Mapping[str, Any] | None, *, booking: Booking) -> PaymentForm | None:
    """The form of the preferred gateway that is open; None where none is."""
    forms_by_gateway: dict[str, type[PaymentForm]] = {
        form.gateway: form for form in (SandboxPaymentForm, StripePaymentForm)
    }
    name = next((name for name in open_gateways() if name in forms_by_gateway), None)
    return forms_by_gateway[name](data, booking=booking) if name else None


class CancellationForm(forms.Form):
    """Which travellers and directions to cancel: everything that can be, unless something is left out."""

    passengers = forms.TypedMultipleChoiceField(
        label=_("Travellers"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose whom to cancel for.")},
    )
    slices = forms.TypedMultipleChoiceField(
        label=_("Flights"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what to cancel.")},
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, trip: Trip) -> None:
        super().__init__(data)
        choices = {"passengers": trip.cancellable_passengers, "slices": trip.cancellable_slices}
        for name, options in choices.items():
            self.fields[name].choices = options  # type: ignore[attr-defined]
            self.fields[name].initial = [position for position, _name in options]

    @property
    def chosen(self) -> dict[str, list[int]]:
        """For `quote_cancellation`."""
        return {name: self.cleaned_data[name] for name in ("passengers", "slices")}


class AgreedTotalForm(forms.Form):
    """The total that a page showed: nothing is done that makes it more."""

    total = forms.DecimalField()


class ChoiceForm(forms.Form):
    """`accept` what was `offered` on the page, `refund`, or what was offered of other flights: the changed flight's id
    and theirs in order, each with its revision, `17.2-31.0`."""

    choice = forms.RegexField(
        r"^(accept|refund|\d{1,18}\.\d{1,9}(-\d{1,18}\.\d{1,9}){1,3})\Z",
        label=_("What would you like?"),
        error_messages=dict.fromkeys(("required", "invalid"), _("Choose one.")),
    )
    offered = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)

    @property
    def flights(self) -> list[int]:
        _changed, *chosen = self.cleaned_data["choice"].split("-")
        return [int(flight.partition(".")[0]) for flight in chosen]


class SeatForm(forms.Form):
    """A seat by name, or none; with the totals that the page showed for either."""

    seat = forms.RegexField(r"^[1-9][0-9]?[A-HJ-K]$", required=False, error_messages={"invalid": _("Choose a seat.")})
    total_with = forms.DecimalField(widget=forms.HiddenInput)
    total_without = forms.DecimalField(widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, spot: Spot) -> None:
        super().__init__(data, initial={"total_with": spot.total_with, "total_without": spot.total_without})

    def clean_seat(self) -> str | None:
        return self.cleaned_data["seat"] or None

    @property
    def agreed_total(self) -> Decimal:
        total: Decimal = self.cleaned_data["total_with" if self.cleaned_data["seat"] else "total_without"]
        return total
