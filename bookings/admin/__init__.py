"""The desk's pages for what was sold. Everything here is read; what staff do, services do."""

from bookings.admin.pages import BookedFlightAdmin, BookingAdmin, CouponAdmin, PaymentAdmin, RefundAdmin, TicketAdmin

__all__ = ["BookedFlightAdmin", "BookingAdmin", "CouponAdmin", "PaymentAdmin", "RefundAdmin", "TicketAdmin"]
