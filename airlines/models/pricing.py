"""How prices move: rules that are data."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from airlines.models.fares import FareFamily
from airlines.models.fleet import CabinClass
from airlines.models.network import Airport


class PricingRule(models.Model):
    """How fares move with the seats taken and with the days to departure. An empty condition matches everything.

    One rule prices a fare: of those that match, the one with the highest priority, then the oldest.
    """

    name = models.CharField(_("name"), max_length=60, unique=True)
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=10, help_text=_("Of the rules that fit a fare, the one with the highest prices it.")
    )
    in_use = models.BooleanField(_("in use"), default=True)
    cabin = models.CharField(_("cabin"), max_length=10, choices=CabinClass.choices, blank=True)
    family = models.ForeignKey(
        FareFamily, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("fare family")
    )
    origin = models.ForeignKey(Airport, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("from"))
    destination = models.ForeignKey(
        Airport, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("to")
    )
    round_to = models.DecimalField(
        _("rounded to"),
        max_digits=8,
        decimal_places=2,
        default=10,
        validators=[MinValueValidator(0)],
        help_text=_("Prices are whole multiples of it."),
    )

    class Meta:
        verbose_name = _("pricing rule")
        verbose_name_plural = _("pricing rules")
        ordering = ["-priority", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(round_to__gt=0),
                name="pricing_rule_rounds_to_something",
                violation_error_message=_("Prices are rounded to more than 0."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PricingBand(models.Model):
    """From so much taken, or from so many days before departure, a rule takes this percentage of the reference."""

    class Measure(models.TextChoices):
        LOAD = "load", _("% of the cabin's seats taken")
        DAYS = "days", _("days to departure")

    rule = models.ForeignKey(PricingRule, models.CASCADE, related_name="bands", verbose_name=_("rule"))
    measure = models.CharField(_("measure"), max_length=4, choices=Measure.choices)
    starts_at = models.PositiveSmallIntegerField(_("from"), validators=[MaxValueValidator(999)])
    percent = models.DecimalField(
        _("% of the reference"),
        max_digits=5,
        decimal_places=1,
        validators=[MinValueValidator(1), MaxValueValidator(999)],
        help_text=_("100 leaves it as it is."),
    )

    class Meta:
        verbose_name = _("band")
        verbose_name_plural = _("bands")
        ordering = ["rule", "measure", "starts_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "measure", "starts_at"],
                name="pricing_band_starts_once",
                violation_error_message=_("This band is there already."),
            ),
            models.CheckConstraint(condition=Q(measure__in=["load", "days"]), name="pricing_band_measure_known"),
            models.CheckConstraint(condition=Q(percent__gt=0), name="pricing_band_percent_positive"),
            models.CheckConstraint(
                condition=~Q(measure="load") | Q(starts_at__lte=100),
                name="pricing_band_load_to_100",
                violation_error_message=_("No more than 100 % of the seats are taken."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()} ≥ {self.starts_at}: {self.percent} %"
