"""Prices that travellers follow."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from airlines.models.fleet import CabinClass
from flights_project.gateway.models import User


class PriceAlert(models.Model):
    """Somebody follows the lowest price of a journey on given days, for one adult, until the day of departure.

    Places are the codes that lows are kept under.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="price_alerts", verbose_name=_("owner"))
    origin = models.CharField(_("from"), max_length=3)
    destination = models.CharField(_("to"), max_length=3)
    cabin = models.CharField(_("cabin"), max_length=10, choices=CabinClass.choices)
    depart_on = models.DateField(_("depart"))
    return_on = models.DateField(_("return"), null=True, blank=True)
    limit = models.DecimalField(
        _("tell me below"), max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(1)]
    )
    percent = models.PositiveSmallIntegerField(
        _("tell me when it falls by, %"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
    )
    price = models.DecimalField(_("price to fall from"), max_digits=10, decimal_places=2, null=True, editable=False)
    told_at = models.DateTimeField(_("last told"), null=True, editable=False)
    created_at = models.DateTimeField(_("since"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("price alert")
        verbose_name_plural = _("price alerts")
        ordering = ["depart_on", "created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "origin", "destination", "cabin", "depart_on", "return_on"],
                name="price_alert_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(limit__isnull=False) | Q(percent__isnull=False), name="price_alert_waits_for_something"
            ),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__range=(1, 90)), name="price_alert_percent_makes_sense"
            ),
            models.CheckConstraint(condition=Q(limit__isnull=True) | Q(limit__gt=0), name="price_alert_limit_positive"),
            models.CheckConstraint(
                condition=Q(return_on__isnull=True) | Q(return_on__gte=F("depart_on")),
                name="price_alert_returns_after_departure",
            ),
            models.CheckConstraint(condition=Q(cabin__in=CabinClass.values), name="price_alert_cabin_class_known"),
        ]
        indexes = [
            models.Index(fields=["origin", "destination", "cabin", "depart_on"], name="price_alert_way_out"),
            models.Index(
                fields=["destination", "origin", "cabin", "return_on"],
                name="price_alert_way_back",
                condition=Q(return_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin}-{self.destination} {self.depart_on}"
