"""The lowest price of each day, kept beside the fares so that no calendar has to search."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from airlines.models.fares import FareFamily
from airlines.models.fleet import CabinClass


class Low(models.Model):
    """What a search for one adult would offer cheapest between two places on a local day, taxes included.

    Places are codes as a search takes them: an airport's, or a city's where it has several.
    """

    pk = models.CompositePrimaryKey("origin", "destination", "cabin", "departs_on")
    origin = models.CharField(max_length=3)
    destination = models.CharField(max_length=3)
    cabin = models.CharField(max_length=10, choices=CabinClass.choices)
    departs_on = models.DateField()
    total = models.DecimalField(max_digits=10, decimal_places=2)
    family = models.ForeignKey(FareFamily, models.CASCADE, related_name="+")
    flights = ArrayField(models.BigIntegerField(), help_text=_("Ids in order of travel."))
    departs_at = models.DateTimeField()
    arrives_at = models.DateTimeField()
    by_family = models.JSONField(
        help_text=_("The cheapest of each family: [family, hundredths, departure, arrival], instants in seconds.")
    )

    class Meta:
        verbose_name = _("lowest price of a day")
        verbose_name_plural = _("lowest prices by day")
        constraints = [
            models.CheckConstraint(condition=Q(cabin__in=CabinClass.values), name="low_cabin_class_known"),
        ]
        indexes = [
            models.Index(fields=["origin", "cabin", "departs_on", "total"], name="low_from_here"),
            models.Index(fields=["departs_on", "cabin", "total"], name="low_of_a_day"),
            models.Index(fields=["departs_at"], name="low_departs_at"),
        ]

    def __str__(self) -> str:
        return f"{self.origin}-{self.destination} {self.departs_on} {self.cabin}"

    @property
    def stops(self) -> int:
        return len(self.flights) - 1

    @property
    def duration(self) -> timedelta:
        """From the first departure to the last arrival, waits included."""
        return self.arrives_at - self.departs_at


class StaleLow(models.Model):
    """Lows that may have changed: of journeys with a flight between two airports on a local day, or of a whole day.

    Rows are only added and deleted, never updated, so that nobody waits for anybody.
    """

    origin = models.BigIntegerField(null=True)
    destination = models.BigIntegerField(null=True)
    departs_on = models.DateField()

    class Meta:
        verbose_name = _("stale lowest price")
        verbose_name_plural = _("stale lowest prices")
        indexes = [models.Index(fields=["departs_on"], name="stale_low_departs_on")]

    def __str__(self) -> str:
        return f"{self.origin}-{self.destination} {self.departs_on}"


class LowsBasis(models.Model):
    """One row: the stamp of the network and the tax rules that the lows were made from."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    stamp = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("basis of the lowest prices")
        verbose_name_plural = _("bases of the lowest prices")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_basis_of_lows")]

    def __str__(self) -> str:
        return str(self.stamp)
