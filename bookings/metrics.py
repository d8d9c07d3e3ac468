"""What happens to bookings, and what is open."""

from bookings.models import Booking, Payment, Refund
from flights_project.lib.metrics import Counter, read_at_scrape
from notifications.models import EventType

CHANGES = Counter("flights_booking_changes", "What happened to bookings, by type of event.", ["type"])
PAYMENTS = Counter("flights_payments", "Payments that were answered: succeeded, failed or returned.", ["result"])
# Told from zero: an alert compares what fails with what succeeds also before anything has succeeded.
for _type in EventType:
    CHANGES.labels(_type.value)
for _result in ("succeeded", "failed", "returned"):
    PAYMENTS.labels(_result)


@read_at_scrape("flights_holds_open", "Bookings that are held and not paid.")
def holds_open() -> float:
    return Booking.objects.held().count()


@read_at_scrape("flights_payments_running", "Payments whose gateway has not answered.")
def payments_running() -> float:
    return Payment.objects.filter(status=Payment.Status.STARTED).count()


@read_at_scrape("flights_refunds_waiting", "Refunds that the gateway has not paid yet.")
def refunds_waiting() -> float:
    return Refund.objects.filter(status=Refund.Status.STARTED).count()
