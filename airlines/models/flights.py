from datetime import date, timedelta
from typing import Any, TypeAlias

import pghistory
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from airlines import states
from airlines.models.fleet import Airplane, CabinClass
from airlines.models.network import Airport
from airlines.querysets import FlightCabinQuerySet, FlightQuerySet

NUMBER = RegexValidator(
    r"^([A-Z][A-Z0-9]|[0-9][A-Z])[1-9][0-9]{0,3}[A-Z]?\Z",
    _("Two characters of the airline and up to four digits without zeros before them, such as KV101."),
)

ARRIVES_AFTER = _("A flight arrives after it departs.")
TWO_AIRPORTS = _("A flight joins two different airports.")
FIRST_YEAR, LAST_YEAR = 2000, 2199


def in_a_calendar(instant: date) -> None:
    """Raises ValidationError beyond two centuries: every zone can show what is within them."""
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValidationError(
            _("A flight is between the years %(first)d and %(last)d."),
            params={"first": FIRST_YEAR, "last": LAST_YEAR},
        )


@pghistory.track(pghistory.UpdateEvent(), exclude=["departs_on", "schedule"])
class Flight(models.Model):
    """One dated departure of a flight number between two airports."""

    Status: TypeAlias = states.FlightStatus
    FOR_SALE = states.FOR_SALE

    number = models.CharField(_("number"), max_length=7, validators=[NUMBER])
    airplane = models.ForeignKey(Airplane, models.PROTECT, related_name="flights", verbose_name=_("airplane"))
    origin = models.ForeignKey(Airport, models.PROTECT, related_name="departures", verbose_name=_("from"))
    destination = models.ForeignKey(Airport, models.PROTECT, related_name="arrivals", verbose_name=_("to"))
    departs_at = models.DateTimeField(_("departs"), validators=[in_a_calendar])
    arrives_at = models.DateTimeField(_("arrives"), validators=[in_a_calendar])
    departs_on = models.DateField(_("local departure date"), editable=False)
    origin_terminal = models.CharField(_("departure terminal"), max_length=4, blank=True)
    destination_terminal = models.CharField(_("arrival terminal"), max_length=4, blank=True)
    gate = models.CharField(_("gate"), max_length=5, blank=True, editable=False)
    revision = models.PositiveSmallIntegerField(
        _("revision"), default=0, editable=False, help_text=_("How often travellers were told of a change.")
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.SCHEDULED, editable=False
    )

    schedule = models.ForeignKey(
        "airlines.Schedule",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="flights",
        verbose_name=_("schedule"),
    )
    """The pattern that made it; None for a flight that was put in by hand."""

    objects = FlightQuerySet.as_manager()

    class Meta:
        verbose_name = _("flight")
        verbose_name_plural = _("flights")
        ordering = ["departs_at", "number"]
        permissions = [("operate_flight", _("Can run a flight's day: times, gate, words to its travellers"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(arrives_at__gt=F("departs_at")),
                name="flight_arrives_after_departure",
                violation_error_message=ARRIVES_AFTER,
            ),
            models.CheckConstraint(
                condition=Q(arrives_at__lte=F("departs_at") + timedelta(days=1)),
                name="flight_lands_within_a_day",
                violation_error_message=_("A flight lands within a day."),
            ),
            models.CheckConstraint(
                condition=~Q(origin=F("destination")),
                name="flight_between_two_airports",
                violation_error_message=TWO_AIRPORTS,
            ),
            models.UniqueConstraint(
                fields=["number", "origin", "departs_on"],
                name="flight_number_once_per_airport_and_day",
                violation_error_message=_("This flight number already leaves from there on that day."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=["scheduled", "delayed", "departed", "landed", "cancelled"]),
                name="flight_status_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["departs_on", "origin", "destination"],
                name="flight_search",
                condition=Q(status__in=["scheduled", "delayed"]),
            ),
            models.Index(
                fields=["origin", "destination", "departs_at"],
                name="flight_on_sale_by_route",
                condition=Q(status__in=["scheduled", "delayed"]),
            ),
            models.Index(fields=["departs_at"], name="flight_departs_at"),
            models.Index(fields=["departs_on"], name="flight_departs_on"),
            models.Index(fields=["number"], name="flight_number_begins", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.number} {date_format(self.departs_on, 'j M Y')}"

    def clean(self) -> None:
        """What the constraints say too, of the field that is to be put right; raises ValidationError."""
        faults: dict[str, Any] = {}
        if self.departs_at and self.arrives_at and self.arrives_at <= self.departs_at:
            faults["arrives_at"] = ARRIVES_AFTER
        if self.origin_id and self.origin_id == self.destination_id:
            faults["destination"] = TWO_AIRPORTS
        if faults:
            raise ValidationError(faults)

    @property
    def airline(self) -> str:
        """IATA designator of the airline that flies it."""
        return self.number[:2]

    @property
    def duration(self) -> timedelta:
        return self.arrives_at - self.departs_at


class FlightCabin(models.Model):
    """The inventory of one cabin of one flight. The counters make search fast; the coupons are the truth."""

    flight = models.ForeignKey(Flight, models.CASCADE, related_name="cabins", verbose_name=_("flight"))
    cabin = models.CharField(_("cabin"), max_length=10, choices=CabinClass.choices)
    capacity = models.PositiveSmallIntegerField(_("seats for sale"))
    """Those of the airplane that are not blocked, and `overbooking` beyond them."""
    overbooking = models.PositiveSmallIntegerField(
        _("overbooking"),
        default=0,
        editable=False,
        help_text=_("Seats for sale beyond those of the airplane, for travellers who do not come."),
    )
    excess = models.PositiveSmallIntegerField(
        _("beyond the limit"),
        default=0,
        editable=False,
        help_text=_("Sold before a smaller airplane came or seats were blocked. It goes as travellers leave."),
    )
    """A part of `overbooking` that nobody set."""
    seats_held = models.PositiveSmallIntegerField(_("held"), default=0, editable=False)
    seats_sold = models.PositiveSmallIntegerField(_("sold"), default=0, editable=False)

    objects = FlightCabinQuerySet.as_manager()

    class Meta:
        verbose_name = _("cabin of a flight")
        verbose_name_plural = _("cabins of flights")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["flight", "cabin"], name="flight_cabin_once"),
            models.CheckConstraint(condition=Q(cabin__in=CabinClass.values), name="flight_cabin_class_known"),
            models.CheckConstraint(condition=Q(seats_held__gte=0), name="seats_held_not_negative"),
            models.CheckConstraint(condition=Q(seats_sold__gte=0), name="seats_sold_not_negative"),
            models.CheckConstraint(
                condition=Q(capacity__gte=F("seats_held") + F("seats_sold")),
                name="seats_never_oversold",
                violation_error_message=_("More seats are held and sold than there would be."),
            ),
            models.CheckConstraint(condition=Q(overbooking__lte=F("capacity")), name="overbooking_within_capacity"),
            models.CheckConstraint(condition=Q(excess__lte=F("overbooking")), name="excess_within_overbooking"),
            models.CheckConstraint(
                condition=Q(excess=0) | Q(capacity=F("seats_held") + F("seats_sold")), name="excess_is_taken"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flight} {self.get_cabin_display()}"

    @property
    def seats(self) -> int:
        """Of the airplane, without those that are blocked."""
        return self.capacity - self.overbooking

    @property
    def limit(self) -> int:
        """How many somebody allowed to be sold beyond the seats."""
        return self.overbooking - self.excess

    @property
    def taken(self) -> int:
        return self.seats_held + self.seats_sold

    @property
    def beyond(self) -> int:
        """How many of those who bought a seat have none in the airplane."""
        return max(0, self.seats_sold - self.seats)

    @property
    def seats_left(self) -> int:
        return self.capacity - self.taken

    def fit(self, *, seats: int, limit: int) -> None:
        """There are `seats`, and `limit` may be sold beyond them; what is taken beyond both is `excess`. Not saved."""
        self.capacity = max(seats + limit, self.taken)
        self.overbooking = self.capacity - seats
        self.excess = self.overbooking - limit
