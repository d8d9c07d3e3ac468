from typing import Any

from airlines.api.offers import conditions_as_dict, price_as_dict, segment_as_dict
from bookings.api.serializers import PassengerSerializer, PaymentSerializer
from bookings.models import Booking
from bookings.services.journeys import BookedSlice, price_of, slices_of
from flights_project.lib import clock
from flights_project.lib.money import on_the_wire


def booking_as_dict(booking: Booking) -> dict[str, Any]:
    """A booking as `BookingSerializer` documents it; it comes from `with_journey()`."""
    return {
        "locator": booking.locator,
        "status": booking.status,
        "total": on_the_wire(booking.total, booking.currency),
        "price": price_as_dict(price_of(booking)),
        "cabin": booking.cabin,
        "family": booking.family.code,
        "conditions": conditions_as_dict(booking.family),
        "held_at": booking.held_at,
        "price_guaranteed_until": booking.price_guaranteed_until,
        "payment_required_by": booking.payment_required_by,
        "confirmed_at": booking.confirmed_at,
        "ended_at": booking.ended_at,
        "contact": {"email": booking.contact_email, "phone": booking.contact_phone},
        "slices": [_slice(part) for part in slices_of(booking)],
        "passengers": PassengerSerializer(booking.passengers.all(), many=True).data,
        "tickets": _tickets(booking),
        "payments": PaymentSerializer(booking.payments.all(), many=True).data,
        "available_actions": booking.available_actions,
    }


def _slice(part: BookedSlice) -> dict[str, Any]:
    return {
        "duration": clock.iso_duration(part.duration),
        "stops": part.stops,
        "segments": [segment_as_dict(flight) for flight in part.flights],
    }


def _tickets(booking: Booking) -> list[dict[str, Any]]:
    return [
        {
            "number": passenger.ticket.number,
            "check_digit": passenger.ticket.check_digit,
            "passenger": passenger.position,
            "issued_at": passenger.ticket.issued_at,
        }
        for passenger in booking.passengers.all()
        if hasattr(passenger, "ticket")
    ]
