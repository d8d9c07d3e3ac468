from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Refusal(models.Model):
    """Somebody does not want messages of a kind at an address, be it by one click or by their choices."""

    kind = models.SlugField(_("kind"), max_length=40)
    recipient = models.CharField(_("recipient"), max_length=254)
    refused_at = models.DateTimeField(_("refused"), db_default=Now())

    class Meta:
        verbose_name = _("refusal")
        verbose_name_plural = _("refusals")
        ordering = ["recipient", "kind"]
        constraints = [models.UniqueConstraint(fields=["kind", "recipient"], name="refused_once")]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.kind}"
