from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

REGISTRATION = RegexValidator(r"^[A-Z0-9-]+\Z", _("Capital letters, digits and dashes, such as VT-KKA."))
LAYOUT = RegexValidator(r"^[A-HJ-K]+(-[A-HJ-K]+){0,2}\Z", _("Letters by column, dashes for aisles, such as ABC-DEF."))
ROWS_APART = _("Two cabins of an airplane cannot share a row.")


class CabinClass(models.TextChoices):
    """The part of the airplane that a fare buys."""

    ECONOMY = "economy", _("Economy")
    PREMIUM = "premium", _("Premium economy")
    BUSINESS = "business", _("Business")
    FIRST = "first", _("First")


class Airplane(models.Model):
    registration = models.CharField(_("registration"), max_length=10, unique=True, validators=[REGISTRATION])
    model = models.CharField(_("model"), max_length=60)

    class Meta:
        verbose_name = _("airplane")
        verbose_name_plural = _("airplanes")
        ordering = ["registration"]
        constraints = [
            models.CheckConstraint(
                condition=Q(registration__regex=r"^[A-Z0-9-]+$"), name="airplane_registration_is_plain"
            )
        ]

    def __str__(self) -> str:
        return f"{self.registration} {self.model}"


class Cabin(models.Model):
    """Rows of an airplane with one class and one layout; its seats are made from it."""

    airplane = models.ForeignKey(Airplane, models.CASCADE, related_name="cabins", verbose_name=_("airplane"))
    cabin = models.CharField(_("cabin"), max_length=10, choices=CabinClass.choices)
    first_row = models.PositiveSmallIntegerField(_("first row"), validators=[MinValueValidator(1)])
    last_row = models.PositiveSmallIntegerField(_("last row"), validators=[MinValueValidator(1)])
    layout = models.CharField(_("layout"), max_length=12, validators=[LAYOUT])

    class Meta:
        verbose_name = _("cabin")
        verbose_name_plural = _("cabins")
        ordering = ["airplane", "first_row"]
        constraints = [
            models.UniqueConstraint(fields=["airplane", "cabin"], name="cabin_class_once_per_airplane"),
            models.CheckConstraint(
                condition=Q(first_row__gte=1, last_row__gte=F("first_row"), last_row__lte=99),
                name="cabin_rows_in_order",
                violation_error_message=_("Rows run from 1 to 99 and the last is not before the first."),
            ),
            ExclusionConstraint(
                name="cabin_rows_do_not_overlap",
                expressions=[
                    ("airplane", RangeOperators.EQUAL),
                    (
                        Func(
                            F("first_row"),
                            F("last_row"),
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                            function="int4range",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=ROWS_APART,
            ),
            models.CheckConstraint(condition=Q(cabin__in=CabinClass.values), name="cabin_class_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_cabin_display()} {self.first_row}–{self.last_row} {self.layout}"


class Seat(models.Model):
    """A place in a cabin. Window, middle or aisle follows from the layout."""

    class BlockedFor(models.TextChoices):
        """Why the airline sells it to nobody."""

        BROKEN = "broken", _("broken")
        CREW_REST = "crew_rest", _("crew rest")
        BALANCE = "balance", _("weight and balance")

    cabin = models.ForeignKey(Cabin, models.CASCADE, related_name="seats", verbose_name=_("cabin"))
    row = models.PositiveSmallIntegerField(_("row"))
    letter = models.CharField(_("letter"), max_length=1)
    is_exit_row = models.BooleanField(
        _("exit row"), default=False, help_text=_("Not for children, nor for adults with an infant on their lap.")
    )
    blocked_for = models.CharField(
        _("blocked for"),
        max_length=10,
        choices=BlockedFor.choices,
        blank=True,
        help_text=_("Nobody can choose a blocked seat. Who sits on it stays there until somebody moves them."),
    )

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        ordering = ["row", "letter"]
        constraints = [
            models.UniqueConstraint(fields=["cabin", "row", "letter"], name="seat_once_per_cabin"),
            models.CheckConstraint(
                condition=Q(blocked_for__in=["", "broken", "crew_rest", "balance"]), name="seat_blocked_for_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.row}{self.letter}"
