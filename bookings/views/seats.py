"""The page on which seats are chosen."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bookings.forms import AgreedTotalForm, SeatForm
from bookings.messages import seated_in_words, words_for
from bookings.models import Booking
from bookings.seats import SeatPage, asked_spot
from bookings.services.seating import choose_seats, seat_together
from bookings.views.own import TravellerRequest, own_trip
from flights_project.lib.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def seats(request: TravellerRequest, locator: str) -> HttpResponse:
    """The seat map of one flight for one traveller; sent, it saves the seat and goes on to who has none yet."""
    page = SeatPage(own_trip(request, locator), asked_spot(request.GET))
    if page.map is None or "choose_seats" not in page.trip.booking.available_actions:
        messages.info(request, _("There are no seats to choose for this booking now."))
        return redirect("trip", locator)
    form = SeatForm(request.POST if request.method == "POST" else None, spot=page.map.spot)
    if form.is_valid():
        choices = page.ordered_choices | page.map.swap_for(form.cleaned_data["seat"])
        try:
            choose_seats(booking=page.trip.booking, choices=choices, now=timezone.now(), at_most=form.agreed_total)
        except DomainError as error:
            messages.warning(request, words_for(error))
            return redirect(page.map.spot.url)
        return _after_seat(request, page)
    return render(request, "bookings/seats.html", {"page": page, "trip": page.trip, "form": form})


def _after_seat(request: TravellerRequest, page: SeatPage) -> HttpResponse:
    """On to who has no seat yet; when all have one, back to where the booking is paid or shown."""
    messages.success(request, _("Saved."))
    fresh = SeatPage(own_trip(request, page.trip.booking.locator), None)
    booking = fresh.trip.booking
    if booking.status != Booking.Status.HELD and not booking.open_seat_order:
        return redirect("trip", booking.locator)
    return redirect(fresh.next_without_seat.url) if fresh.next_without_seat else redirect("pay", booking.locator)


@require_POST
@login_required
def seats_together(request: TravellerRequest, locator: str) -> HttpResponse:
    form = AgreedTotalForm(request.POST)
    at_most = form.cleaned_data["total"] if form.is_valid() else None
    booking = own_trip(request, locator).booking
    try:
        seated = seat_together(booking=booking, now=timezone.now(), at_most=at_most)
    except DomainError as error:
        messages.warning(request, words_for(error))
    else:
        for each in seated:
            messages.success(request, f"{each.flight.number}: {seated_in_words(each)}")
    return redirect("seats", locator)
