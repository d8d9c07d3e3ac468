"""Booking for whoever calls: search, who travels, and the hold, by the services that travellers use themselves."""

from datetime import datetime
from typing import Any, cast

import pghistory
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from airlines.forms import read_search
from airlines.models import CabinClass
from airlines.page_forms import DateInput, listed_places
from airlines.services.offers import Offer, OfferClaim, open_old_offer, price_again
from airlines.services.search import search
from bookings.admin.acts import ReasonFields
from bookings.admin.finding import page_of
from bookings.admin.story import act_in_words
from bookings.forms import BookingForm
from bookings.messages import words_for
from bookings.models import Booking
from bookings.services.for_travellers import hold_for
from bookings.services.holds import Contact
from flights_project.gateway.models import User
from flights_project.lib.errors import DomainError, InvalidRequest

HOLD = "bookings.hold_booking"


def _place(label: Any) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"list": "places", "autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, widget=widget)


def _count(label: Any, initial: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=0, max_value=9, initial=initial, widget=UnfoldAdminIntegerFieldWidget
    )


class JourneyForm(forms.Form):
    """What a traveller asks on the phone; what is right and wrong is said as for everybody's search."""

    origin = _place(gettext_lazy("From"))
    destination = _place(gettext_lazy("To"))
    depart_on = forms.CharField(label=gettext_lazy("Depart"), widget=DateInput({}))
    return_on = forms.CharField(label=gettext_lazy("Return (optional)"), required=False, widget=DateInput({}))
    adults = _count(gettext_lazy("Adults"), 1)
    children = _count(gettext_lazy("Children"), 0)
    infants = _count(gettext_lazy("Infants"), 0)
    cabin = forms.ChoiceField(
        label=gettext_lazy("Cabin"), choices=CabinClass.choices, initial="economy", widget=UnfoldAdminSelectWidget
    )

    def offers(self, now: datetime) -> list[Offer]:
        """None, with what is wrong at its field, for a search that cannot be made."""
        asked = {name: str(value) for name, value in self.cleaned_data.items() if value != ""}
        try:
            query, page = read_search(asked, now=now)
        except InvalidRequest as error:
            for name, texts in error.errors.items():
                self.add_error(name if name in self.fields else None, texts)
            return []
        return search(query, now=now, page=page).offers


class DeskSales:
    """The page, reached from the list of bookings."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.hold_page)
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]  # beside a page of the desk
        return [path("hold/", page, name="bookings_booking_hold"), *urls]

    def hold_page(self, request: HttpRequest) -> HttpResponse:
        """What can be had; with an offer, who travels on it; sent, the hold."""
        if not request.user.has_perm(HOLD):
            raise PermissionDenied
        context = self.admin_site.each_context(request) | {"title": gettext_lazy("Book for a traveller")}
        context["opts"] = self.opts
        if "offer" in request.GET:
            return _travellers_page(request, context)
        form = JourneyForm(request.GET if "origin" in request.GET else None)
        offers = form.offers(timezone.now()) if form.is_valid() else None
        context |= {"form": form, "offers": offers, "places": listed_places()}
        return TemplateResponse(request, "desk/hold_search.html", context)


def _travellers_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The price of now is shown, and the one that was shown is held: where it has moved, the page says so."""
    sent = request.POST if request.method == "POST" else None
    try:
        claim = open_old_offer((sent or request.GET).get("offer", ""))
        offer = price_again(claim, now=timezone.now())
    except DomainError as error:
        messages.error(request, words_for(error))
        return redirect("admin:bookings_booking_hold")
    travellers = BookingForm(claim.party, sent, owner=User())
    del travellers.contact.fields["save"]
    why = ReasonFields(sent)
    if why.is_valid() and travellers.is_valid() and sent is not None:
        booking = _hold(request, claim, travellers, why)
        if booking is not None:
            return redirect(page_of(booking))
    forms = [*travellers.travellers, travellers.contact]
    context |= {"offer": offer, "forms": forms, "why": why, "asked": [*forms, why]}
    context["has_errors"] = any(form.errors for form in context["asked"])
    return TemplateResponse(request, "desk/hold.html", context)


def _hold(request: HttpRequest, claim: OfferClaim, travellers: BookingForm, why: ReasonFields) -> Booking | None:
    try:
        with pghistory.context(reason=why.cleaned_data["reason"]):
            contact = travellers.contact.cleaned_data
            act = hold_for(
                offer=claim,
                travellers=travellers.entered_travellers(),
                contact=Contact(email=contact["email"], phone=contact["phone"]),
                mandate=why.mandate_of(cast("User", request.user)),
                now=timezone.now(),
            )
    except InvalidRequest as error:
        if "email" in error.errors:
            travellers.contact.add_error("email", error.errors["email"])
        else:
            travellers.refuse(error.errors)
    except DomainError as error:
        why.refuse(error)
    else:
        messages.success(request, act_in_words(act))
        return act.booking
    return None
