from decimal import Decimal

import pghistory
import pgtrigger
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from airlines.models.fleet import CabinClass
from airlines.models.flights import FlightCabin
from airlines.models.network import COUNTRY, Airport
from airlines.models.reference import STAMPED
from airlines.querysets import FlightFareQuerySet

PERCENT = MaxValueValidator(100)
SEAT_CHOICE_CODE = "SE"
"""The line of a coupon's price for a seat of one's choice; no tax has this code."""


class FareFamily(models.Model):
    """A brand of fare with its conditions, such as Light, Standard and Flex."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=40)
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("Cheapest first."))
    cabin_bag_kg = models.PositiveSmallIntegerField(_("cabin bag, kg"), default=7)
    checked_bag_kg = models.PositiveSmallIntegerField(_("checked bag, kg"), default=0, help_text=_("0 for none."))
    seat_choice_included = models.BooleanField(_("seat choice included"), default=False)
    seat_fee = models.DecimalField(
        _("seat fee"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("For each seat and flight where seat choice is not included. Empty: no seat choice."),
    )
    refund_percent = models.PositiveSmallIntegerField(
        _("refund, % of the fare"),
        default=0,
        validators=[PERCENT],
        help_text=_("Taxes come back apart from it."),
    )
    change_fee = models.DecimalField(
        _("change fee"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Empty: not changeable."),
    )
    child_percent = models.PositiveSmallIntegerField(
        _("child fare, % of the adult's"), default=75, validators=[PERCENT]
    )
    infant_percent = models.PositiveSmallIntegerField(
        _("infant fare, % of the adult's"), default=10, validators=[PERCENT]
    )

    class Meta:
        verbose_name = _("fare family")
        verbose_name_plural = _("fare families")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(refund_percent__lte=100, child_percent__lte=100, infant_percent__lte=100),
                name="fare_family_percent_to_100",
            ),
            models.CheckConstraint(
                condition=Q(change_fee__isnull=True) | Q(change_fee__gte=0),
                name="fare_family_change_fee_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(seat_fee__isnull=True) | Q(seat_fee__gte=0),
                name="fare_family_seat_fee_not_negative",
                violation_error_message=_("A seat fee is not negative."),
            ),
        ]
        triggers = [STAMPED]

    def __str__(self) -> str:
        return self.name

    @property
    def price_of_a_seat(self) -> Decimal | None:
        """What choosing a seat on a flight costs one traveller; 0 where it is included, None where it is not sold."""
        return Decimal() if self.seat_choice_included else self.seat_fee


@pghistory.track(
    pghistory.UpdateEvent(),
    fields=["flight_cabin", "family", "amount", "previous_amount", "priced_by", "reason"],
    model_name="FlightFareEvent",
    obj_field=pghistory.ObjForeignKey(related_name="events"),
)
class FlightFare(models.Model):
    """The price of now for one adult in a fare family on a cabin of a flight, without taxes.

    Either staff fixed it, or the pricing rules move it: in percent of its reference, from its floor to its ceiling.
    Only `airlines.services.fares` changes it.
    """

    class PricedBy(models.TextChoices):
        STAFF = "staff", _("fixed by staff")
        RULES = "rules", _("by the pricing rules")

    flight_cabin = models.ForeignKey(FlightCabin, models.CASCADE, related_name="fares", verbose_name=_("cabin"))
    family = models.ForeignKey(FareFamily, models.PROTECT, related_name="fares", verbose_name=_("fare family"))
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    previous_amount = models.DecimalField(
        _("amount before"), max_digits=10, decimal_places=2, null=True, editable=False
    )
    """Kept by a trigger, so that the first change of a price still says what it was."""
    priced_by = models.CharField(
        _("priced"), max_length=5, choices=PricedBy.choices, default=PricedBy.STAFF, db_default=PricedBy.STAFF
    )
    reference_amount = models.DecimalField(
        _("reference"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("What the pricing rules take their percentages of."),
    )
    floor_amount = models.DecimalField(
        _("floor"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Neither the rules nor a change of many fares go below it. Empty: none."),
    )
    ceiling_amount = models.DecimalField(
        _("ceiling"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Neither the rules nor a change of many fares go above it. Empty: none."),
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="", db_default="", editable=False)
    """Why it costs what it does, as whoever changed it said: staff's words, or the rule and what it saw."""

    objects = FlightFareQuerySet.as_manager()

    class Meta:
        verbose_name = _("fare")
        verbose_name_plural = _("fares")
        ordering = ["flight_cabin", "family"]
        constraints = [
            models.UniqueConstraint(fields=["flight_cabin", "family"], name="fare_once_per_cabin_and_family"),
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="fare_not_negative",
                violation_error_message=_("A fare is not negative."),
            ),
            models.CheckConstraint(condition=Q(priced_by__in=["staff", "rules"]), name="fare_priced_by_known"),
            models.CheckConstraint(
                condition=~Q(priced_by="rules") | Q(reference_amount__isnull=False),
                name="fare_by_rules_has_a_reference",
                violation_error_message=_("The pricing rules need a reference to take their percentages of."),
            ),
            models.CheckConstraint(
                condition=Q(floor_amount__isnull=True)
                | Q(ceiling_amount__isnull=True)
                | Q(floor_amount__lte=F("ceiling_amount")),
                name="fare_floor_not_above_ceiling",
                violation_error_message=_("The floor is not above the ceiling."),
            ),
            models.CheckConstraint(
                condition=(Q(reference_amount__isnull=True) | Q(reference_amount__gte=0))
                & (Q(floor_amount__isnull=True) | Q(floor_amount__gte=0)),
                name="fare_reference_and_floor_not_negative",
                violation_error_message=_("Reference and floor are not negative."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="keep_previous_amount",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.AnyChange("amount"),
                func="NEW.previous_amount = OLD.amount; RETURN NEW;",
            )
        ]

    def __str__(self) -> str:
        return f"{self.flight_cabin} {self.family}"


class TaxRule(models.Model):
    """A tax, fee or carrier surcharge on each flight it applies to; each is a line of its own on the ticket.

    Either an amount for each traveller or a percentage of the fare. An empty condition matches everything.
    """

    class Reach(models.TextChoices):
        ANY = "any", _("every flight")
        DOMESTIC = "domestic", _("domestic flights")
        INTERNATIONAL = "international", _("international flights")

    code = models.CharField(_("code"), max_length=2, validators=[RegexValidator(r"^[A-Z][A-Z0-9]\Z")])
    name = models.CharField(_("name"), max_length=80)
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2, null=True, blank=True)
    percent = models.DecimalField(_("percent of the fare"), max_digits=5, decimal_places=2, null=True, blank=True)
    origin_country = models.CharField(_("departing from country"), max_length=2, blank=True, validators=[COUNTRY])
    origin = models.ForeignKey(
        Airport,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("departing from airport"),
    )
    reach = models.CharField(_("on"), max_length=13, choices=Reach.choices, default=Reach.ANY)
    cabin = models.CharField(_("cabin"), max_length=10, choices=CabinClass.choices, blank=True)
    infants_pay = models.BooleanField(_("infants pay it"), default=False)
    refundable = models.BooleanField(
        _("refundable when unused"),
        default=True,
        help_text=_("Carrier surcharges YQ and YR follow the fare."),
    )

    class Meta:
        verbose_name = _("tax rule")
        verbose_name_plural = _("tax rules")
        ordering = ["code", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__isnull=False, percent__isnull=True) | Q(amount__isnull=True, percent__isnull=False),
                name="tax_amount_or_percent",
                violation_error_message=_("A tax is an amount or a percentage, one of the two."),
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0) | Q(percent__gte=0, percent__lte=100), name="tax_not_negative"
            ),
            models.CheckConstraint(condition=Q(reach__in=["any", "domestic", "international"]), name="tax_reach_known"),
            models.CheckConstraint(
                condition=~Q(code=SEAT_CHOICE_CODE),
                name="tax_code_is_not_seat_choice",
                violation_error_message=_("SE is the code of seat choice."),
            ),
        ]
        triggers = [STAMPED]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
