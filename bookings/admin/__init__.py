"""The desk's pages for what was sold. Everything here is read; what staff do, services do."""

from bookings.admin.pages import BookedFlightAdmin, BookingAdmin, CouponAdmin, PaymentAdmin, RefundAdmin, TicketAdmin
from bookings.admin.reconciliations import ReconciliationAdmin
from bookings.admin.reports import ReportAdmin
from bookings.admin.schedules import ScheduleAdmin

__all__ = [
    "BookedFlightAdmin",
    "BookingAdmin",
    "CouponAdmin",
    "PaymentAdmin",
    "ReconciliationAdmin",
    "RefundAdmin",
    "ReportAdmin",
    "ScheduleAdmin",
    "TicketAdmin",
]
