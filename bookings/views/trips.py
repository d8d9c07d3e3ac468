"""What was booked: all trips, one trip and its files, check-in, letting go and cancelling."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.exceptions import NotReleasable
from bookings.forms import CancellationForm
from bookings.messages import words_for
from bookings.models import Booking, CancellationQuote, Document
from bookings.services import check_in as checking_in
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.documents import write_document
from bookings.services.holds import release_hold
from bookings.timeline import folded, timeline_of
from bookings.trips import Trip
from bookings.views.own import TravellerRequest, own_trip
from flights_project.gateway.templatetags.flights import money
from flights_project.lib.errors import DomainError

TRIPS_SHOWN = 100
"""The newest bookings; a traveller makes five a quarter, and a program reads its own by the API."""


@require_safe
@login_required
def trips(request: TravellerRequest) -> HttpResponse:
    now = timezone.now()
    bookings = Booking.objects.of(request.user).with_journey()
    mine = [Trip(booking, now) for booking in bookings[:TRIPS_SHOWN]]
    upcoming = sorted(
        (trip for trip in mine if trip.is_upcoming), key=lambda trip: trip.slices[0].flights[0].departs_at
    )
    ended = [trip for trip in mine if not trip.is_upcoming]
    return render(request, "bookings/trips.html", {"upcoming": upcoming, "ended": ended})


@require_safe
@never_cache
@login_required
def trip(request: TravellerRequest, locator: str) -> HttpResponse:
    trip = own_trip(request, locator)
    course, further_ahead = folded(timeline_of(trip))
    context = {"trip": trip, "course": course, "further_ahead": further_ahead}
    return render(request, "bookings/trip.html", context)


@require_POST
@login_required
def release(request: TravellerRequest, locator: str) -> HttpResponse:
    booking = own_trip(request, locator).booking
    try:
        release_hold(booking=booking, now=timezone.now())
    except NotReleasable as error:
        messages.warning(request, words_for(error))
    else:
        messages.success(request, _("You let the seats go. Nothing was charged."))
    return redirect("trip", booking.locator)


@require_safe
@never_cache
@login_required
def e_ticket_file(request: TravellerRequest, locator: str) -> HttpResponse:
    return _document(request, locator, Document.E_TICKET)


@require_safe
@never_cache
@login_required
def calendar_file(request: TravellerRequest, locator: str) -> HttpResponse:
    return _document(request, locator, Document.CALENDAR)


def _document(request: TravellerRequest, locator: str, document: Document) -> HttpResponse:
    """One of the files of the traveller's own booking; 404 where it has none of these."""
    booking = own_trip(request, locator).booking
    if document not in booking.documents:
        raise Http404
    written = write_document(booking, document, now=timezone.now())
    headers = {"Content-Disposition": f'attachment; filename="{written.name}"'}
    return HttpResponse(written.content, content_type=written.media_type, headers=headers)


@require_POST
@login_required
def check_in(request: TravellerRequest, locator: str) -> HttpResponse:
    booking = own_trip(request, locator).booking
    try:
        coupons = checking_in.check_in(booking=booking, now=timezone.now())
    except DomainError as error:
        messages.warning(request, words_for(error))
    else:
        numbers = ", ".join(dict.fromkeys(coupon.flight.number for coupon in coupons))
        messages.success(request, _("Everybody is checked in: %(flights)s.") % {"flights": numbers})
    return redirect("trip", booking.locator)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def cancel(request: TravellerRequest, locator: str) -> HttpResponse:
    """What to cancel: all of the trip, some travellers, or one direction. Nothing is cancelled here yet."""
    trip = own_trip(request, locator)
    if "cancel" not in trip.booking.available_actions:
        return redirect("trip", locator)
    form = CancellationForm(request.POST if request.method == "POST" else None, trip=trip)
    if form.is_valid():
        try:
            quote = quote_cancellation(booking=trip.booking, now=timezone.now(), **form.chosen)
        except DomainError as error:
            form.add_error(None, words_for(error))
        else:
            return redirect("confirm-cancel", locator, quote.pk)
    return render(request, "bookings/cancel.html", {"trip": trip, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def confirm_cancel(request: TravellerRequest, locator: str, quote_id: UUID) -> HttpResponse:
    """What comes back and what is kept; sent, it cancels."""
    trip = own_trip(request, locator)
    quote = get_object_or_404(CancellationQuote, pk=quote_id, booking=trip.booking)
    if request.method != "POST":
        coupons = quote.coupons.select_related("passenger", "flight").order_by("passenger__position", "segment")
        context = {"trip": trip, "quote": quote, "coupons": coupons, "paid": quote.refund + quote.penalty}
        return render(request, "bookings/confirm_cancel.html", context)
    try:
        confirm_cancellation(booking=trip.booking, quote_id=quote_id, now=timezone.now())
    except DomainError as error:
        messages.warning(request, words_for(error))
        return redirect("cancel", locator)
    messages.success(request, _("Cancelled. %(refund)s goes back to you.") % {"refund": money(quote.refund)})
    return redirect("trip", locator)
