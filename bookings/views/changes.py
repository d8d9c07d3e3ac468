"""The page on which travellers choose what to do about a change by the airline."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.changes import ShownChange
from bookings.forms import ChoiceForm
from bookings.messages import words_for
from bookings.models import ItineraryChange
from bookings.services import choices
from bookings.views.own import TravellerRequest
from flights_project.lib.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def change(request: TravellerRequest, locator: str, change: UUID) -> HttpResponse:
    """What was changed and what can be chosen; sent, it is done. Another's change is 404."""
    asked = get_object_or_404(
        ItineraryChange.objects.select_related("booking__family", "flight__origin__city", "flight__destination__city"),
        pk=change,
        booking__locator=locator,
        booking__owner=request.user,
    )
    shown = ShownChange(asked, timezone.now())
    if asked.status != ItineraryChange.Status.OPEN and request.method != "POST":
        return redirect("trip", locator)
    form = ChoiceForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _choose(request, asked, form)
    return render(request, "bookings/change.html", {"shown": shown, "change": asked, "form": form})


def _choose(request: TravellerRequest, change: ItineraryChange, form: ChoiceForm) -> HttpResponse:
    now, choice = timezone.now(), form.cleaned_data["choice"]
    try:
        match choice:
            case "accept":
                done = choices.accept(change=change, by=request.user, now=now, offered=form.cleaned_data["offered"])
            case "refund":
                done = choices.refund(change=change, by=request.user, now=now)
            case _:
                done = choices.move(change=change, flights=form.flights, by=request.user, now=now, offered=choice)
    except DomainError as error:
        messages.warning(request, words_for(error))
        return redirect("change", change.booking.locator, change.pk)
    messages.success(request, _done_in_words(done.status))
    return redirect("trip", change.booking.locator)


def _done_in_words(status: str) -> str:
    """What was done, or had been done before by the same choice."""
    words = {
        "kept": _("Thank you. The flight stays as it is now."),
        "moved": _("Done. You are booked on these flights, and your tickets are good for them."),
        "refunded": _("Cancelled. The money is on its way back to you."),
    }
    return words[status]
