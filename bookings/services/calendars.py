"""Flights as calendar files (RFC 5545), which calendars follow: the same flight of a booking has the same UID for ever,
and so has the one that takes its place; each change of either has a higher SEQUENCE."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, Timezone, vCalAddress

from airlines.models import Flight
from bookings.models import Booking, Segment
from flights_project.lib import clock

PUBLISH, REQUEST, CANCEL = "PUBLISH", "REQUEST", "CANCEL"


def calendar_of(booking: Booking, *, now: datetime) -> bytes:
    """All flights of a booking that somebody still flies, to be kept; the booking comes from `with_journey()`."""
    return _written(PUBLISH, {segment.flight: _event(segment, booking, now) for segment in _flown(booking)})


def invitation_to(segment: Segment, booking: Booking, *, now: datetime) -> tuple[str, bytes]:
    """One flight as an invitation that enters itself, moves and goes away; and its method (RFC 5546, 3.2): CANCEL where
    the flight was cancelled or nobody of the booking flies it any more, else REQUEST."""
    method = REQUEST if segment in _flown(booking) else CANCEL
    event = _event(segment, booking, now)
    if method == CANCEL:
        event["sequence"] = segment.sequence + segment.flight.revision + 1
        event["status"] = "CANCELLED"
    event.add("organizer", _address(settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].rstrip(">"), settings.AIRLINE_NAME))
    event.add("attendee", _address(booking.contact_email, ""))
    return method, _written(method, {segment.flight: event})


def _flown(booking: Booking) -> list[Segment]:
    live = {coupon.segment_id for coupon in booking.coupons.all() if coupon.is_live}
    return [
        segment
        for segment in booking.segments.all()
        if segment.pk in live and segment.flight.status != Flight.Status.CANCELLED
    ]


def _written(method: str, events: Mapping[Flight, Event]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.AIRLINE_NAME}//Flights//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for event in events.values():
        calendar.add_component(event)
    for zone, year in sorted({each for flight in events for each in _clocks(flight)}):
        calendar.add_component(_zone_in(zone, year))
    return bytes(calendar.to_ical())


def _clocks(flight: Flight) -> list[tuple[str, int]]:
    """The zones of its airports, each with the year there."""
    ends = [(flight.origin.zone, flight.departs_at), (flight.destination.zone, flight.arrives_at)]
    return [(zone, instant.astimezone(clock.zone(zone)).year) for zone, instant in ends]


@lru_cache(maxsize=1024)
def _zone_in(zone: str, year: int) -> Timezone:
    """The clock changes of a zone in a year: found out once, which takes longer than all the rest."""
    return Timezone.from_tzid(zone, first_date=date(year, 1, 1), last_date=date(year + 1, 1, 1))


def _event(segment: Segment, booking: Booking, now: datetime) -> Event:
    """From departure by the clock of one airport to arrival by the clock of the other."""
    flight, event = segment.flight, Event()
    origin, destination = flight.origin, flight.destination
    event.add("uid", f"{booking.locator}-{segment.pk}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("sequence", segment.sequence + flight.revision)
    event.add("dtstamp", now)
    event.add("dtstart", flight.departs_at.astimezone(clock.zone(origin.zone)))
    event.add("dtend", flight.arrives_at.astimezone(clock.zone(destination.zone)))
    facts = {"number": flight.number, "origin": origin.city.name, "destination": destination.city.name}
    event.add("summary", _("%(number)s %(origin)s to %(destination)s") % facts)
    event.add("location", _place(flight))
    event.add("geo", (origin.latitude, origin.longitude))
    event.add("url", settings.SITE_URL + reverse("trip", args=[booking.locator]))
    event.add("description", _("Booking %(locator)s") % {"locator": booking.locator})
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    return event


def _place(flight: Flight) -> str:
    """`Indira Gandhi International Airport (DEL), Terminal 3, gate 14B`, as far as it is known."""
    parts = [f"{flight.origin.name} ({flight.origin.iata})"]
    if flight.origin_terminal:
        parts.append(_("Terminal %(terminal)s") % {"terminal": flight.origin_terminal})
    if flight.gate:
        parts.append(_("gate %(gate)s") % {"gate": flight.gate})
    return ", ".join(parts)


def _address(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    if name:
        address.params["cn"] = name
    else:
        address.params["partstat"], address.params["rsvp"] = "ACCEPTED", "FALSE"
    return address
