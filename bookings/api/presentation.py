"""Bookings and payments on the wire: plain dictionaries for speed, which the serializers document."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from airlines.api.offers import conditions_as_dict, price_as_dict, slice_as_dict
from bookings.messages import seated_in_words
from bookings.models import Booking, Coupon, Passenger, Payment, Refund
from bookings.services.journeys import price_of, slices_of
from bookings.services.seat_maps import SeatMap
from bookings.services.seating import Seated
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
        "slices": [slice_as_dict(part) for part in slices_of(booking)],
        "passengers": _passengers(booking),
        "tickets": _tickets(booking),
        "payments": [payment_as_dict(payment) for payment in booking.payments.all()],
        "refunds": [_refund(refund, booking.currency) for refund in booking.refunds],
        "paid": on_the_wire(booking.amount_paid, booking.currency),
        "refunded": on_the_wire(booking.amount_refunded, booking.currency),
        "documents": [
            {"document": document, "url": reverse("booking-document", args=[booking.locator, document])}
            for document in booking.documents
        ],
        "seat_order": _seat_order(booking),
        "available_actions": booking.available_actions,
    }


def _passengers(booking: Booking) -> list[dict[str, Any]]:
    seats: dict[int, list[dict[str, Any]]] = {passenger.pk: [] for passenger in booking.passengers.all()}
    coupons: dict[int, list[dict[str, Any]]] = {passenger.pk: [] for passenger in booking.passengers.all()}
    slices = {segment.pk: segment.slice for segment in booking.segments.all()}
    for coupon in booking.coupons_in_order:
        if coupon.status != Coupon.Status.EXCHANGED:
            coupons[coupon.passenger_id].append(
                {"flight": coupon.flight_id, "slice": slices[coupon.segment_id], "status": coupon.status}
            )
        if not coupon.is_ended:
            seats[coupon.passenger_id].append(_seat_of(coupon, booking.currency))
    return [
        {
            "position": passenger.position,
            "type": passenger.type,
            "title": passenger.title,
            "given_name": passenger.given_name,
            "family_name": passenger.family_name,
            "born_on": passenger.born_on,
            "with_adult": passenger.with_adult,
            "coupons": coupons[passenger.pk],
            "seats": seats[passenger.pk] if passenger.type != Passenger.Type.INFANT else [],
        }
        for passenger in booking.passengers.all()
    ]


def payment_as_dict(payment: Payment) -> dict[str, Any]:
    """A payment as `PaymentSerializer` documents it."""
    return {
        "id": payment.pk,
        "status": payment.status,
        "amount": on_the_wire(payment.amount, payment.currency),
        "gateway": payment.gateway,
        "decline_code": payment.decline_code,
        "challenge_url": payment.challenge_url,
        "started_at": payment.started_at,
        "answered_at": payment.answered_at,
    }


def _refund(refund: Refund, currency: str) -> dict[str, Any]:
    return {
        "id": refund.pk,
        "payment": refund.payment_id,
        "amount": on_the_wire(refund.amount, currency),
        "status": refund.status,
        "reason": refund.reason,
        "started_at": refund.started_at,
        "paid_at": refund.paid_at,
    }


def _seat_of(coupon: Coupon, currency: str) -> dict[str, Any]:
    return {
        "flight": coupon.flight_id,
        "seat": str(coupon.seat) if coupon.seat else None,
        "fee": on_the_wire(coupon.seat_fee, currency) if coupon.seat_fee is not None else None,
    }


def _seat_order(booking: Booking) -> dict[str, Any] | None:
    order = booking.open_seat_order
    if order is None:
        return None
    coupons = {coupon.pk: coupon for coupon in booking.coupons.all()}
    positions = {passenger.pk: passenger.position for passenger in booking.passengers.all()}
    return {
        "id": order.pk,
        "amount": on_the_wire(order.amount, booking.currency),
        "payment_required_by": order.payment_required_by,
        "seats": [
            {
                "flight": part.flight_id,
                "passenger": positions[coupons[part.coupon_id].passenger_id],
                "seat": str(part.seat) if part.seat else None,
                "fee": on_the_wire(part.fee, booking.currency),
            }
            for part in order.seats.all()
        ],
    }


def seated_as_dict(booking: Booking, seated: Iterable[Seated]) -> dict[str, Any]:
    """What "seat us together" did, as `SeatedBookingSerializer` documents it."""
    return {
        "booking": booking_as_dict(booking),
        "flights": [
            {"flight": each.flight.pk, "arrangement": each.plan.arrangement, "explanation": seated_in_words(each)}
            for each in seated
        ],
    }


def seat_map_as_dict(drawn: SeatMap) -> dict[str, Any]:
    """A cabin as `SeatMapSerializer` documents it."""
    return {
        "flight": drawn.flight.pk,
        "cabin": drawn.cabin,
        "columns": [list(block) for block in drawn.blocks],
        "seats": [
            {
                "seat": seat.name,
                "row": seat.row,
                "column": seat.letter,
                "position": seat.position,
                "state": seat.state,
                "exit_row": seat.is_exit_row,
                "passenger": seat.traveller,
            }
            for seat in drawn.seats.values()
        ],
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
        if booking.confirmed_at and hasattr(passenger, "ticket")
    ]
