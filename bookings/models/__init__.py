"""What was sold: bookings with travellers, flights, coupons and tickets; and the money."""

from bookings.models.bookings import Booking, Document, Passenger, Segment
from bookings.models.desk_acts import DeskAct
from bookings.models.itinerary_changes import ItineraryChange
from bookings.models.money import CancellationQuote, Payment, Refund
from bookings.models.reconciliations import Reconciliation
from bookings.models.reports import Report, ReportPart
from bookings.models.sandbox import SandboxCharge
from bookings.models.saved_travellers import SavedTraveller
from bookings.models.seat_orders import OrderedSeat, SeatOrder
from bookings.models.tickets import Coupon, Ticket

__all__ = [
    "Booking",
    "CancellationQuote",
    "Coupon",
    "DeskAct",
    "Document",
    "ItineraryChange",
    "OrderedSeat",
    "Passenger",
    "Payment",
    "Reconciliation",
    "Refund",
    "Report",
    "ReportPart",
    "SandboxCharge",
    "SavedTraveller",
    "SeatOrder",
    "Segment",
    "Ticket",
]
