"""Changes of many fares at once: which fares, by how much, by whom, and what became of each."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from airlines.models.fares import FlightFare
from flights_project.gateway.models import User

BY_HOW_MUCH = _("Say by how much, unless the pricing rules say what it costs.")


class FareChange(models.Model):
    """A change of many fares at once: seen first, then applied, and undone where that is still possible."""

    class Status(models.TextChoices):
        PREVIEWED = "previewed", _("previewed")
        APPLIED = "applied", _("applied")
        UNDONE = "undone", _("undone")

    class Kind(models.TextChoices):
        PERCENT = "percent", _("by percent")
        AMOUNT = "amount", _("by an amount")
        RULES = "rules", _("back to the pricing rules")

    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.PREVIEWED)
    kind = models.CharField(_("how"), max_length=7, choices=Kind.choices)
    by = models.DecimalField(
        _("by"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Up, or down with a minus. Empty for the pricing rules."),
    )
    round_to = models.DecimalField(
        _("rounded to"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("New prices are whole multiples of it."),
    )
    which = models.JSONField(_("which fares"), encoder=DjangoJSONEncoder, default=dict)
    reason = models.CharField(_("reason"), max_length=200)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by whom"))
    made_at = models.DateTimeField(_("previewed"))
    applied_at = models.DateTimeField(_("applied"), null=True)
    undone_at = models.DateTimeField(_("undone"), null=True)

    class Meta:
        verbose_name = _("change of fares")
        verbose_name_plural = _("changes of fares")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["previewed", "applied", "undone"]), name="fare_change_status_known"
            ),
            models.CheckConstraint(condition=Q(kind__in=["percent", "amount", "rules"]), name="fare_change_kind_known"),
            models.CheckConstraint(
                condition=Q(kind="rules", by__isnull=True) | (~Q(kind="rules") & Q(by__isnull=False)),
                name="fare_change_says_by_how_much",
                violation_error_message=BY_HOW_MUCH,
            ),
        ]
        indexes = [
            models.Index(fields=["made_at"], name="fare_change_previewed", condition=Q(status="previewed")),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.reason}"

    def clean(self) -> None:
        """What the constraint says too, of the field that is to be put right; raises ValidationError."""
        if self.kind and (self.by is None) != (self.kind == self.Kind.RULES):
            raise ValidationError({"by": BY_HOW_MUCH})


class FareChangeLine(models.Model):
    """One fare of a change: what it leaves, what it becomes, and what became of it."""

    class Status(models.TextChoices):
        PREVIEWED = "previewed", _("previewed")
        APPLIED = "applied", _("applied")
        OVERTAKEN = "overtaken", _("changed meanwhile, left alone")
        UNDONE = "undone", _("undone")
        KEPT = "kept", _("changed since, not undone")

    class Limit(models.TextChoices):
        NONE = "", _("none")
        FLOOR = "floor", _("floor")
        CEILING = "ceiling", _("ceiling")

    change = models.ForeignKey(FareChange, models.CASCADE, related_name="lines", verbose_name=_("change"))
    fare = models.ForeignKey(FlightFare, models.CASCADE, related_name="+", verbose_name=_("fare"))
    amount_before = models.DecimalField(_("before"), max_digits=10, decimal_places=2)
    amount_after = models.DecimalField(_("after"), max_digits=10, decimal_places=2)
    priced_by_before = models.CharField(_("priced before"), max_length=5, choices=FlightFare.PricedBy.choices)
    limit = models.CharField(_("stopped at"), max_length=7, choices=Limit.choices, blank=True, default="")
    status = models.CharField(_("what became of it"), max_length=9, choices=Status.choices, default=Status.PREVIEWED)

    class Meta:
        verbose_name = _("changed fare")
        verbose_name_plural = _("changed fares")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["change", "fare"], name="fare_once_per_change"),
            models.CheckConstraint(
                condition=Q(status__in=["previewed", "applied", "overtaken", "undone", "kept"]),
                name="fare_change_line_status_known",
            ),
            models.CheckConstraint(condition=Q(amount_after__gte=0), name="fare_change_line_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.fare}"
