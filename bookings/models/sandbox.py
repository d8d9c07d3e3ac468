from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SandboxCharge(models.Model):
    """What the sandbox gateway remembers of a charge: the part of a bank, outside our own books."""

    class Outcome(models.TextChoices):
        SUCCEEDS = "succeeds", _("succeeds")
        DECLINED = "declined", _("declined")
        CHALLENGE = "challenge", _("waits for the challenge")

    key = models.UUIDField(primary_key=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    answers_at = models.DateTimeField()
    refund_keys = ArrayField(models.CharField(max_length=32), default=list)
    refunded = models.DecimalField(max_digits=12, decimal_places=2, default=0)

    class Meta:
        verbose_name = _("sandbox charge")
        constraints = [
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=models.F("amount")),
                name="sandbox_refunds_no_more_than_taken",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.outcome}"
