"""Forms for what staff do for whoever calls: what, for which reason, and one service that does it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, cast
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from bookings.forms import (
    CancellationForm,
    DateOfBirthInput,
    PersonForm,
    SandboxPaymentForm,
    agreed_total,
    payment_form,
)
from bookings.messages import words_for
from bookings.models import Booking, CancellationQuote, Coupon, DeskAct, Passenger
from bookings.services.acting import Mandate
from bookings.services.cancellation import quote_cancellation
from bookings.services.dividing import divide_booking
from bookings.services.for_travellers import cancel_for, pay_for, release_for
from bookings.services.holds import PHONE, Contact
from bookings.services.name_corrections import correct_name
from bookings.services.resending import resend
from bookings.services.waivers import kept_of, waive_penalty
from bookings.trips import Trip
from flights_project.gateway.models import User
from flights_project.gateway.templatetags.flights import money
from flights_project.lib.errors import DomainError, InvalidRequest

OVERRULE = "bookings.overrule_booking"


class ReasonFields(forms.Form):
    """Why, and the key by which the same form sent twice is done once."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("Stays with the booking, for whoever asks later."),
        widget=UnfoldAdminTextInputWidget,
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def mandate_of(self, by: User) -> Mandate:
        return Mandate(by=by, reason=self.cleaned_data["reason"], key=self.cleaned_data["key"])

    def refuse(self, error: DomainError) -> None:
        """Say what a service says, beside the field that it is about where there is one."""
        reasons = error.errors if isinstance(error, InvalidRequest) else {"": [words_for(error)]}
        for name, texts in reasons.items():
            self.add_error(name if name in self.fields else None, texts)


class ActForm(ReasonFields):
    """What is to be done to `trip`'s booking; `carry_out` does it."""

    previews: ClassVar[bool] = True
    """Whether it can be tried and taken back, to show what it would do."""

    def __init__(self, *args: Any, trip: Trip, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trip, self.booking, self.by = trip, trip.booking, by

    @property
    def mandate(self) -> Mandate:
        return self.mandate_of(self.by)

    def carry_out(self, now: datetime) -> DeskAct:
        raise NotImplementedError


class ReleaseForm(ActForm):
    def carry_out(self, now: datetime) -> DeskAct:
        return release_for(booking=self.booking, mandate=self.mandate, now=now)


class CancelForm(ActForm):
    """Sent, it asks for a quote and shows it; confirmed, the quote that was shown counts."""

    previews = False
    quote = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= CancellationForm(trip=self.trip).fields
        self.order_fields(["passengers", "slices", "reason"])

    def ask(self, now: datetime) -> CancellationQuote:
        """The quote that the next form confirms."""
        chosen = {name: self.cleaned_data[name] for name in ("passengers", "slices")}
        quote = quote_cancellation(booking=self.booking, now=now, **chosen)
        shown = cast("QueryDict", self.data).copy()
        shown["quote"] = str(quote.pk)
        self.data = shown
        return quote

    def carry_out(self, now: datetime) -> DeskAct:
        try:
            return cancel_for(booking=self.booking, quote_id=self.cleaned_data["quote"], mandate=self.mandate, now=now)
        except CancellationQuote.DoesNotExist as error:
            raise InvalidRequest({"": [_("Look at what comes back first.")]}) from error


class WaiveForm(ActForm):
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"),
        required=False,
        max_digits=12,
        decimal_places=2,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )
    field_order = ["amount", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = sum((coupon.penalty for coupon in kept_of(self.booking)), Decimal())
        self.fields["amount"].help_text = _("%(kept)s was kept. Leave it empty to give all of it back.") % {
            "kept": money(kept)
        }

    def carry_out(self, now: datetime) -> DeskAct:
        amount = self.cleaned_data["amount"]
        return waive_penalty(booking=self.booking, amount=amount, mandate=self.mandate, now=now)


class RenameForm(ActForm, PersonForm):
    """A traveller is chosen by the page's address, so that the form shows how the name is written now."""

    overrule = forms.BooleanField(
        label=gettext_lazy("It is the same person, though more than the limit is wrong"), required=False
    )
    field_order = ["title", "given_name", "family_name", "born_on", "overrule", "reason"]

    def __init__(self, *args: Any, passenger: Passenger, **kwargs: Any) -> None:
        shown = {name: getattr(passenger, name) for name in ("title", "given_name", "family_name", "born_on")}
        super().__init__(*args, initial=shown, **kwargs)
        self.passenger = passenger
        self.fields["title"].widget = UnfoldAdminSelectWidget(choices=self.fields["title"].choices)  # type: ignore[attr-defined]
        for name in ("given_name", "family_name"):
            self.fields[name].widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"})
        self.fields["born_on"].widget = DateOfBirthInput()
        if not self.by.has_perm(OVERRULE):
            del self.fields["overrule"]

    def carry_out(self, now: datetime) -> DeskAct:
        return correct_name(
            booking=self.booking,
            position=self.passenger.position,
            corrected=self.person,
            mandate=self.mandate,
            now=now,
            overrule=self.cleaned_data.get("overrule", False),
        )


class DivideForm(ActForm):
    passengers = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Who gets a booking of their own"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("An infant goes with its adult."),
        error_messages={"required": gettext_lazy("Choose who is split off.")},
    )
    email = forms.EmailField(label=gettext_lazy("E-mail of the new booking"), widget=UnfoldAdminEmailInputWidget)
    phone = forms.RegexField(
        PHONE,
        label=gettext_lazy("Phone of the new booking"),
        required=False,
        error_messages={"invalid": gettext_lazy("Enter a phone number in digits, such as +91 98765 43210.")},
        widget=UnfoldAdminTextInputWidget(attrs={"type": "tel"}),
    )
    field_order = ["passengers", "email", "phone", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["passengers"].choices = self.trip.cancellable_passengers  # type: ignore[attr-defined]
        self.fields["email"].initial = self.booking.contact_email
        self.fields["phone"].initial = self.booking.contact_phone

    def carry_out(self, now: datetime) -> DeskAct:
        entered = self.cleaned_data
        return divide_booking(
            booking=self.booking,
            passengers=entered["passengers"],
            contact=Contact(email=entered["email"], phone=entered["phone"]),
            mandate=self.mandate,
            now=now,
        )


class ResendForm(ActForm):
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("Another address is the booking's from now on."),
        widget=UnfoldAdminEmailInputWidget,
    )
    field_order = ["email", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].initial = self.booking.contact_email

    def carry_out(self, now: datetime) -> DeskAct:
        return resend(booking=self.booking, email=self.cleaned_data["email"], mandate=self.mandate, now=now)


class PayForm(ActForm):
    """The total that was shown and a token of the sandbox. Staff never type the number of a card: where another gateway
    is open, the traveller gets the way to pay by mail, which is sending it again."""

    previews = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        payment = payment_form(None, booking=self.booking)
        self.takes_tokens = isinstance(payment, SandboxPaymentForm)
        if isinstance(payment, SandboxPaymentForm):
            self.fields |= payment.fields
            self.fields["total"].initial = self.booking.amount_due
        self.order_fields(["token", "reason"])

    def clean_total(self) -> Decimal:
        return agreed_total(self.booking, self.cleaned_data["total"])

    def carry_out(self, now: datetime) -> DeskAct:
        if not self.takes_tokens:
            raise InvalidRequest({"": [_("The traveller pays by themselves: send them the way to pay.")]})
        agreed = {name: self.cleaned_data[name] for name in ("token", "total")}
        return pay_for(
            booking=self.booking, gateway=SandboxPaymentForm.gateway, mandate=self.mandate, now=now, **agreed
        )


@dataclass(frozen=True, slots=True)
class Act:
    """A page of the desk, and for which bookings it is there."""

    title: str | Promise
    confirm: str | Promise
    form: type[ActForm]
    right: str
    fits: Callable[[Booking], bool]


def _is_held(booking: Booking) -> bool:
    return booking.status == Booking.Status.HELD


def _is_payable(booking: Booking) -> bool:
    return "pay" in booking.available_actions


def _is_cancellable(booking: Booking) -> bool:
    return "cancel" in booking.available_actions


def _keeps_something(booking: Booking) -> bool:
    return any(coupon.status == Coupon.Status.CANCELLED and coupon.penalty for coupon in booking.coupons.all())


def _is_dividable(booking: Booking) -> bool:
    return _is_cancellable(booking) and booking.seats > 1


def _is_live(booking: Booking) -> bool:
    return booking.status in (Booking.Status.HELD, Booking.Status.CONFIRMED)


ACTS = {
    "pay": Act(gettext_lazy("Take a payment"), gettext_lazy("Take the payment"), PayForm, "pay", _is_payable),
    "release": Act(gettext_lazy("Let the hold go"), gettext_lazy("Let it go"), ReleaseForm, "cancel", _is_held),
    "cancel": Act(gettext_lazy("Cancel"), gettext_lazy("Cancel this"), CancelForm, "cancel", _is_cancellable),
    "waive": Act(gettext_lazy("Waive a penalty"), gettext_lazy("Give it back"), WaiveForm, "waive", _keeps_something),
    "rename": Act(gettext_lazy("Correct a name"), gettext_lazy("Correct it"), RenameForm, "rename", _is_live),
    "divide": Act(
        gettext_lazy("Split travellers off"), gettext_lazy("Split them off"), DivideForm, "divide", _is_dividable
    ),
    "resend": Act(gettext_lazy("Send again"), gettext_lazy("Send it"), ResendForm, "resend", _is_live),
}
"""By the part of the address; each takes `bookings.RIGHT_booking`."""
