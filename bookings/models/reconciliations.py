from django.db import models
from django.utils.translation import gettext_lazy as _


class Reconciliation(models.Model):
    """What the comparison of counters, coupons and money has found once."""

    ran_at = models.DateTimeField(_("ran"))
    count = models.PositiveIntegerField(_("differences"))
    differences = models.JSONField(_("the first of them"), default=list)

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")
        ordering = ["-ran_at"]
        indexes = [models.Index(fields=["-ran_at"], name="reconciliation_newest")]

    def __str__(self) -> str:
        return f"{self.ran_at:%-d %b %Y, %H:%M} UTC"
