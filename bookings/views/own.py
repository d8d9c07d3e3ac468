"""Who asks, and their own booking."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from bookings.models import Booking
from bookings.trips import Trip
from flights_project.gateway.models import User


class TravellerRequest(HttpRequest):
    """A request of somebody who is logged in."""

    user: User
    htmx: HtmxDetails


def own_trip(request: TravellerRequest, locator: str) -> Trip:
    """The traveller's own booking; another's is 404, as if there were none."""
    booking = get_object_or_404(Booking.objects.of(request.user).with_journey(), locator=locator)
    return Trip(booking, timezone.now())
