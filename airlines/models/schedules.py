"""Patterns of the timetable, from which flights are made, and the types of airplane that they are planned with."""

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeBoundary, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Deferrable, F, Func, Q
from django.utils.translation import gettext_lazy as _

from airlines.models.fares import FareFamily
from airlines.models.fleet import Airplane, CabinClass
from airlines.models.flights import NUMBER, in_a_calendar
from airlines.models.network import Airport
from airlines.querysets import ScheduleQuerySet

TYPE_CODE = RegexValidator(r"^[A-Z0-9]{3}\Z", _("Three capital letters or digits (IATA), such as 32N."))
DAYS = RegexValidator(
    r"^(?!\Z)1?2?3?4?5?6?7?\Z", _("Digits from 1 for Monday to 7 for Sunday, in order, each once, such as 135.")
)
DAILY = "1234567"
FARTHEST_OFFSETS = (-1, 2)
"""A flight lands within a day: the date line makes it the day before, or two days on."""


def unchanged() -> list[int]:
    """Every day at 100 % of the reference."""
    return [100] * 7


class AirplaneType(models.Model):
    """What a kind of airplane needs on the ground. Airplanes are of the type whose name is their model."""

    code = models.CharField(_("IATA code"), max_length=3, unique=True, validators=[TYPE_CODE])
    name = models.CharField(
        _("name"), max_length=60, unique=True, help_text=_("As airplanes have it for their model: Airbus A320neo.")
    )
    turnaround_minutes = models.PositiveSmallIntegerField(
        _("turnaround, minutes"),
        validators=[MinValueValidator(1), MaxValueValidator(24 * 60)],
        help_text=_("The least time on the ground between two flights."),
    )

    class Meta:
        verbose_name = _("airplane type")
        verbose_name_plural = _("airplane types")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[A-Z0-9]{3}$"), name="airplane_type_code_is_iata"),
            models.CheckConstraint(condition=Q(turnaround_minutes__range=(1, 24 * 60)), name="turnaround_within_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


def _never_twice_on(day: str) -> ExclusionConstraint:
    """A number leaves an airport by one pattern at most on each of these days of the week. Where a transaction asks for
    it (`services.schedules.met_at_the_end`), it is looked at once all rows are written: two may swap their days."""
    return ExclusionConstraint(
        name=f"schedule_once_on_day_{day}",
        expressions=[
            ("number", RangeOperators.EQUAL),
            ("origin", RangeOperators.EQUAL),
            (
                Func(
                    F("starts_on"),
                    F("ends_on"),
                    RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                    function="daterange",
                ),
                RangeOperators.OVERLAPS,
            ),
        ],
        condition=Q(days__contains=day),
        deferrable=Deferrable.IMMEDIATE,
        violation_error_message=_("This number already leaves from there on some of these days by another schedule."),
    )


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), exclude=["made_until"])
class Schedule(models.Model):
    """A flight number that leaves at the same local time on some days of the week, from a date until another.

    Both times are by the clock of their airport and stay so across daylight saving. Only
    `airlines.services.schedules` and `bookings.services.schedule_changes` write it.
    """

    number = models.CharField(_("number"), max_length=7, validators=[NUMBER])
    origin = models.ForeignKey(Airport, models.PROTECT, related_name="+", verbose_name=_("from"))
    destination = models.ForeignKey(Airport, models.PROTECT, related_name="+", verbose_name=_("to"))
    origin_terminal = models.CharField(_("departure terminal"), max_length=4, blank=True)
    destination_terminal = models.CharField(_("arrival terminal"), max_length=4, blank=True)
    departs = models.TimeField(_("departs"), help_text=_("By the clock of the airport it leaves from."))
    arrives = models.TimeField(_("arrives"), help_text=_("By the clock of the airport it flies to."))
    day_offset = models.SmallIntegerField(
        _("arrival day"),
        default=0,
        validators=[MinValueValidator(FARTHEST_OFFSETS[0]), MaxValueValidator(FARTHEST_OFFSETS[1])],
        help_text=_("Days after the day of departure: 0, 1 for the next day, -1 across the date line."),
    )
    days = models.CharField(
        _("days"), max_length=7, default=DAILY, validators=[DAYS], help_text=_("1 for Monday to 7 for Sunday.")
    )
    starts_on = models.DateField(_("first day"), validators=[in_a_calendar])
    ends_on = models.DateField(
        _("last day"), null=True, blank=True, validators=[in_a_calendar], help_text=_("Empty: until further notice.")
    )
    airplane_type = models.ForeignKey(
        AirplaneType, models.PROTECT, related_name="schedules", verbose_name=_("airplane type")
    )
    weekday_percents = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(1000)]),
        verbose_name=_("fares by weekday, %"),
        size=7,
        default=unchanged,
        help_text=_("Of the references, from Monday to Sunday."),
    )
    floor_percent = models.PositiveSmallIntegerField(
        _("floor, %"), null=True, blank=True, help_text=_("Of the references. Empty: none."),
        validators=[MaxValueValidator(100)],
    )  # fmt: skip
    ceiling_percent = models.PositiveSmallIntegerField(
        _("ceiling, %"), null=True, blank=True, help_text=_("Of the references. Empty: none."),
        validators=[MinValueValidator(100), MaxValueValidator(10_000)],
    )  # fmt: skip
    made_until = models.DateField(_("flights made until"), null=True, editable=False)
    """The last local day that flights were made for; days until then are never made again."""

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["number", "origin", "starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="schedule_ends_after_its_start",
                violation_error_message=_("The last day is not before the first."),
            ),
            models.CheckConstraint(
                condition=~Q(origin=F("destination")),
                name="schedule_between_two_airports",
                violation_error_message=_("A flight joins two different airports."),
            ),
            models.CheckConstraint(
                condition=Q(day_offset__range=FARTHEST_OFFSETS), name="schedule_lands_about_a_day_on"
            ),
            models.CheckConstraint(condition=Q(days__regex=r"^1?2?3?4?5?6?7?$") & ~Q(days=""), name="schedule_days"),
            models.CheckConstraint(condition=Q(weekday_percents__len=7), name="schedule_percents_of_a_week"),
            models.CheckConstraint(
                condition=(Q(floor_percent__isnull=True) | Q(floor_percent__lte=100))
                & (Q(ceiling_percent__isnull=True) | Q(ceiling_percent__gte=100)),
                name="schedule_limits_around_the_reference",
            ),
            *map(_never_twice_on, DAILY),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.starts_on:%-d %b %Y}"


class ScheduleAirplane(models.Model):
    """An airplane that flies a pattern: alone, or in turn with others, by the day of departure."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="rotation", verbose_name=_("schedule"))
    position = models.PositiveSmallIntegerField(_("position"))
    airplane = models.ForeignKey(Airplane, models.PROTECT, related_name="+", verbose_name=_("airplane"))

    class Meta:
        verbose_name = _("airplane of a schedule")
        verbose_name_plural = _("airplanes of a schedule")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "position"], name="schedule_airplane_once_per_position")
        ]

    def __str__(self) -> str:
        return self.airplane.registration


class ScheduleFare(models.Model):
    """What the fares of a family in a cabin start from on the flights that are made."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="fares", verbose_name=_("schedule"))
    cabin = models.CharField(_("cabin"), max_length=10, choices=CabinClass.choices)
    family = models.ForeignKey(FareFamily, models.PROTECT, related_name="+", verbose_name=_("fare family"))
    reference_amount = models.DecimalField(
        _("reference"), max_digits=10, decimal_places=2, validators=[MinValueValidator(0)]
    )

    class Meta:
        verbose_name = _("fare of a schedule")
        verbose_name_plural = _("fares of a schedule")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "cabin", "family"], name="schedule_fare_once"),
            models.CheckConstraint(condition=Q(reference_amount__gte=0), name="schedule_fare_not_negative"),
            models.CheckConstraint(condition=Q(cabin__in=CabinClass.values), name="schedule_fare_cabin_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_cabin_display()} {self.family}"
