from collections.abc import Container, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from airlines.models import CabinClass, FareFamily, Flight
from bookings import states
from bookings.querysets import BookingQuerySet, SegmentQuerySet
from flights_project.gateway.models import User

if TYPE_CHECKING:  # it knows bookings
    from bookings.models.itinerary_changes import ItineraryChange
    from bookings.models.money import Refund
    from bookings.models.seat_orders import SeatOrder
    from bookings.models.tickets import Coupon


class Document(models.TextChoices):
    """What a traveller takes away from a booking, as a file."""

    E_TICKET = "e_ticket", _("e-ticket")
    CALENDAR = "calendar", _("calendar file")


@pghistory.track(pghistory.UpdateEvent(), exclude=["held_at", "currency", "seats"])
class Booking(models.Model):
    """A journey sold, or held to be sold, to a party. People call it by its record locator."""

    Status: TypeAlias = states.BookingStatus

    locator = models.CharField(_("locator"), max_length=6, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="bookings", verbose_name=_("owner"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.HELD, editable=False)
    cabin = models.CharField(_("cabin"), max_length=10, choices=CabinClass.choices)
    family = models.ForeignKey(FareFamily, models.PROTECT, related_name="+", verbose_name=_("fare family"))
    seats = models.PositiveSmallIntegerField(_("seats"), help_text=_("Travellers who are not infants."))
    currency = models.CharField(_("currency"), max_length=3)
    total = models.DecimalField(_("total"), max_digits=12, decimal_places=2)
    contact_email = models.EmailField(_("contact e-mail"))
    contact_phone = models.CharField(_("contact phone"), max_length=20, blank=True)
    held_from = models.GenericIPAddressField(_("held from"), null=True, blank=True, editable=False)
    held_at = models.DateTimeField(_("held"))
    price_guaranteed_until = models.DateTimeField(_("price guaranteed until"))
    payment_required_by = models.DateTimeField(_("payment required by"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    ended_at = models.DateTimeField(_("expired or cancelled"), null=True, editable=False)

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["-held_at", "-pk"]
        permissions = [
            ("hold_booking", _("Can hold seats for travellers")),
            ("pay_booking", _("Can take payments for travellers")),
            ("cancel_booking", _("Can cancel for travellers")),
            ("rename_booking", _("Can correct names of travellers")),
            ("divide_booking", _("Can split travellers off")),
            ("resend_booking", _("Can send confirmations again")),
            ("waive_booking", _("Can waive penalties")),
            ("overrule_booking", _("Can correct names beyond the limit")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["locator"], name="booking_locator_once"),
            models.CheckConstraint(
                condition=Q(status__in=["held", "confirmed", "expired", "cancelled"]),
                name="booking_status_known",
            ),
            models.CheckConstraint(condition=Q(total__gte=0), name="booking_total_not_negative"),
            models.CheckConstraint(condition=Q(seats__gte=1), name="booking_has_a_seat"),
            models.CheckConstraint(
                condition=Q(status="confirmed", confirmed_at__isnull=False) | ~Q(status="confirmed"),
                name="booking_confirmed_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(payment_required_by__gt=F("held_at"), price_guaranteed_until__gt=F("held_at")),
                name="booking_clocks_run_forward",
            ),
        ]
        indexes = [
            models.Index(fields=["payment_required_by"], name="booking_overdue", condition=Q(status="held")),
            models.Index(fields=["held_from"], name="booking_held_from", condition=Q(status="held")),
            models.Index(fields=["owner", "-held_at"], name="booking_of_owner"),
            models.Index(fields=["-held_at"], name="booking_newest"),
            models.Index(Upper("contact_email"), name="booking_contact_email"),
            models.Index(fields=["total"], name="booking_total"),
        ]

    def __str__(self) -> str:
        return self.locator

    def remember(self, **related: Sequence[models.Model]) -> None:
        """Take these for what the booking has, by relation: whoever has written them need not read them back."""
        cache = self.__dict__.setdefault("_prefetched_objects_cache", {})
        for name, rows in related.items():
            cache[name] = getattr(self, name).all()
            cache[name]._result_cache = list(rows)  # noqa: SLF001 -- as prefetch_related does; there is no other way

    @property
    def open_seat_order(self) -> "SeatOrder | None":
        """Seats that were chosen after the tickets were issued and are not paid yet."""
        return next((order for order in self.seat_orders.all() if order.status == states.SeatOrderStatus.OPEN), None)

    @property
    def amount_paid(self) -> Decimal:
        """What was taken for it, whether or not some of it goes back."""
        return sum((payment.amount for payment in self.payments.all() if payment.status in states.TAKEN), Decimal())

    @property
    def refunds(self) -> "list[Refund]":
        """Money that goes or went back, the oldest first."""
        refunds = (refund for payment in self.payments.all() for refund in payment.refunds.all())
        return sorted(refunds, key=lambda refund: refund.started_at)

    @property
    def amount_refunded(self) -> Decimal:
        """What goes or went back."""
        return sum((refund.amount for refund in self.refunds), Decimal())

    @property
    def amount_due(self) -> Decimal:
        """What a payment would take now: of a hold its total, afterwards what its open seat order costs."""
        if self.status == self.Status.HELD:
            return self.total
        order = self.open_seat_order if self.status == self.Status.CONFIRMED else None
        return order.amount if order else Decimal()

    @property
    def has_running_payment(self) -> bool:
        """Whether a gateway has yet to answer."""
        return any(payment.status == states.PaymentStatus.STARTED for payment in self.payments.all())

    @property
    def available_actions(self) -> list[str]:
        """What can be done with the booking now; the gate of each action checks again under its lock."""
        running = self.has_running_payment
        if self.status == self.Status.HELD:
            return [] if running else ["pay", "release", *self._seat_choice]
        if self.status == self.Status.CONFIRMED and any(coupon.is_unused for coupon in self.coupons.all()):
            seats = [] if running else self._seat_choice
            change = ["answer_change"] if self.open_changes and not running else []
            return [*self._seat_payment, *change, *self._cancellation, *seats, *self._check_in]
        return []

    @property
    def open_changes(self) -> "list[ItineraryChange]":
        """What the airline changed, and its traveller has not answered yet."""
        return [change for change in self.changes.all() if change.status == states.ChangeStatus.OPEN]

    @property
    def coupons_in_order(self) -> "list[Coupon]":
        """Of everybody, in order of travel; the booking comes from `with_journey()`."""
        position = {segment.pk: segment.position for segment in self.segments.all()}
        return sorted(self.coupons.all(), key=lambda coupon: position[coupon.segment_id])

    @property
    def documents(self) -> list[Document]:
        """The files that there are of it: none before it is paid or after it is cancelled."""
        return list(Document) if self.status == self.Status.CONFIRMED else []

    @property
    def _check_in(self) -> list[str]:
        now = timezone.now()
        unused = {coupon.segment_id for coupon in self.coupons.all() if coupon.is_unused}
        open_now = any(each.pk in unused and each.is_open_for_check_in(now) for each in self.segments.all())
        return ["check_in"] if open_now else []

    @property
    def _seat_payment(self) -> list[str]:
        return ["pay"] if self.open_seat_order and not self.has_running_payment else []

    @property
    def _seat_choice(self) -> list[str]:
        """Where the fare sells it or has it; whoever has paid for a seat may change it in any case."""
        now = timezone.now()
        to_seat = self._early_coupons({each.pk for each in self.segments.all() if takes_seat_choices(each.flight, now)})
        on_sale = self.family.price_of_a_seat is not None and bool(to_seat)
        return ["choose_seats"] if on_sale or any(coupon.seat_fee is not None for coupon in to_seat) else []

    @property
    def _cancellation(self) -> list[str]:
        now = timezone.now()
        ahead = {each.pk for each in self.segments.all() if each.is_ahead(now)}
        return ["cancel"] if self._early_coupons(ahead) else []

    def _early_coupons(self, segments: Container[int]) -> "list[Coupon]":
        """Those on `segments` (ids) whose travellers have neither checked in nor flown."""
        return [each for each in self.coupons.all() if each.is_early and each.segment_id in segments]


class Passenger(models.Model):
    """A traveller of one booking."""

    class Type(models.TextChoices):
        ADULT = "adult", _("adult")
        CHILD = "child", _("child")
        INFANT = "infant", _("infant")

    class Title(models.TextChoices):
        MR = "mr", _("Mr")
        MS = "ms", _("Ms")
        MRS = "mrs", _("Mrs")
        MX = "mx", _("Mx")
        DR = "dr", _("Dr")

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="passengers", verbose_name=_("booking"))
    position = models.PositiveSmallIntegerField(_("position"))
    type = models.CharField(_("type"), max_length=6, choices=Type.choices)
    title = models.CharField(_("title"), max_length=4, choices=Title.choices, blank=True)
    given_name = models.CharField(_("given name"), max_length=60)
    family_name = models.CharField(_("family name"), max_length=60)
    born_on = models.DateField(_("date of birth"))
    with_adult = models.PositiveSmallIntegerField(
        _("with adult"),
        null=True,
        blank=True,
        help_text=_("Position of the adult on whose lap an infant sits."),
    )

    class Meta:
        verbose_name = _("traveller")
        verbose_name_plural = _("travellers")
        ordering = ["booking", "position"]
        indexes = [models.Index(OpClass(Upper("family_name"), "text_pattern_ops"), name="passenger_family_name")]
        constraints = [
            models.UniqueConstraint(fields=["booking", "position"], name="passenger_position_once"),
            models.UniqueConstraint(
                fields=["booking", "with_adult"],
                name="one_infant_on_a_lap",
                condition=Q(with_adult__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(type="infant", with_adult__isnull=False) | (~Q(type="infant") & Q(with_adult__isnull=True)),
                name="infant_sits_with_an_adult",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name}"


class Segment(models.Model):
    """One flight of a booking's journey."""

    class Reminder(models.IntegerChoices):
        """What its travellers were reminded of last; each comes after the one before it."""

        NONE = 0, _("nothing")
        CHECK_IN_OPEN = 1, _("check-in is open")
        DAY_BEFORE = 2, _("the day before")
        LAST_CALL = 3, _("last call to check in")

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="segments", verbose_name=_("booking"))
    flight = models.ForeignKey(Flight, models.PROTECT, related_name="segments", verbose_name=_("flight"))
    slice = models.PositiveSmallIntegerField(_("slice"), help_text=_("0 is the way out, 1 the way back."))
    position = models.PositiveSmallIntegerField(_("position"), help_text=_("In the whole journey, from 0."))
    family = models.ForeignKey(FareFamily, models.PROTECT, related_name="+", verbose_name=_("fare family"))
    reminder = models.PositiveSmallIntegerField(
        _("reminded of"), choices=Reminder.choices, default=Reminder.NONE, editable=False
    )
    reminded_at = models.DateTimeField(_("reminded"), null=True, editable=False)
    agreed_departs_at = models.DateTimeField(
        _("departure that was agreed"),
        null=True,
        editable=False,
        help_text=_("When it left as it was bought or last accepted. Empty where it has not been moved since."),
    )
    sequence = models.PositiveSmallIntegerField(
        _("sequence"),
        default=0,
        editable=False,
        help_text=_(
            "Where the flight's revisions start from in calendars: it grows when another flight takes its place."
        ),
    )

    objects = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("flight of a booking")
        verbose_name_plural = _("flights of bookings")
        ordering = ["booking", "position"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "position"], name="segment_position_once"),
            models.UniqueConstraint(fields=["booking", "flight"], name="segment_flight_once_per_booking"),
        ]
        indexes = [
            models.Index(fields=["flight", "reminder"], name="segment_to_remind", condition=Q(reminder__lt=3)),
        ]

    def __str__(self) -> str:
        return f"{self.booking} {self.flight}"

    def is_ahead(self, now: datetime) -> bool:
        """Its flight has not left, or never will: what can still be cancelled."""
        flight = self.flight
        is_gone = flight.status in (Flight.Status.DEPARTED, Flight.Status.LANDED)
        return not is_gone and (flight.departs_at > now or flight.status == Flight.Status.CANCELLED)

    def is_open_for_check_in(self, now: datetime) -> bool:
        until_departure = self.flight.departs_at - now
        in_time = (
            settings.CHECK_IN_CLOSES_BEFORE_DEPARTURE < until_departure <= settings.CHECK_IN_OPENS_BEFORE_DEPARTURE
        )
        return in_time and self.flight.status in Flight.FOR_SALE


def takes_seat_choices(flight: Flight, now: datetime) -> bool:
    """Whether seats of `flight` can still be chosen: it goes, and not soon."""
    closes_at = flight.departs_at - settings.SEAT_CHOICE_CLOSES_BEFORE_DEPARTURE
    return flight.status in Flight.FOR_SALE and now < closes_at
