"""Pages for who travels on a booking of somebody else's account: found by code and family name, and only read."""

from http import HTTPStatus
from math import ceil

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bookings.exceptions import BookingNotFound
from bookings.messages import words_for
from bookings.models import Booking
from bookings.services.finding import find_booking
from bookings.trips import Trip
from flights_project.gateway.addresses import address_of
from flights_project.gateway.callers import Caller
from flights_project.gateway.limits import Allowance, Calls, LimitsUnavailable, spend

FOUND = "found_bookings"
"""Where the session keeps the locators that were found in it, the newest last."""
FOUND_AT_MOST = 5
NOT_A_CODE = _("A booking code has six letters and digits.")


class FindForm(forms.Form):
    locator = forms.CharField(
        label=_("Booking code"),
        max_length=6,
        min_length=6,
        help_text=_("Six letters and digits, on every message about the booking."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={
            "required": _("Enter the booking code."),
            "min_length": NOT_A_CODE,
            "max_length": NOT_A_CODE,
        },
    )
    family_name = forms.CharField(
        label=_("Family name"),
        max_length=60,
        help_text=_("Of anybody who travels."),
        widget=forms.TextInput(attrs={"autocomplete": "family-name", "spellcheck": "false"}),
        error_messages={"required": _("Enter the family name.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def find(request: HttpRequest) -> HttpResponse:
    form = FindForm(request.POST or None)
    if not form.is_valid():
        return render(request, "bookings/find.html", {"form": form})
    try:
        refused = _count_attempt(request, **form.cleaned_data)
        if refused is not None:
            page = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
            page["Retry-After"] = str(ceil(refused.retry_after))
            return page
        booking = find_booking(**form.cleaned_data)
    except (BookingNotFound, LimitsUnavailable) as error:
        form.add_error(None, words_for(error))
        return render(request, "bookings/find.html", {"form": form})
    found = [locator for locator in request.session.get(FOUND, []) if locator != booking.locator]
    request.session[FOUND] = [*found, booking.locator][-FOUND_AT_MOST:]
    return redirect("found-trip", booking.locator)


def _count_attempt(request: HttpRequest, *, locator: str, family_name: str) -> Allowance | None:
    """The allowance that refuses this attempt, if one does: of the address, the locator or the name."""
    buckets = (
        (Caller.ADDRESS, address_of(request)),
        (Caller.NAME, locator.upper()),
        (Caller.FAMILY, family_name.casefold()),
    )
    spent = [spend(Calls.LOOKUP, caller, ident) for caller, ident in buckets]
    return next((allowance for allowance in spent if allowance is not None and not allowance.allowed), None)


@require_safe
@never_cache
def found(request: HttpRequest, locator: str) -> HttpResponse:
    """Flights, travellers and seats; neither money nor how to reach anybody, and nothing to change."""
    if locator not in request.session.get(FOUND, []):
        return redirect("find-trip")
    booking = get_object_or_404(Booking.objects.with_journey(), locator=locator)
    return render(request, "bookings/found.html", {"trip": Trip(booking, timezone.now())})
