from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.bookings import Passenger
from flights_project.gateway.models import User


class SavedTraveller(models.Model):
    """Somebody a person travels with, kept so that the next booking need not ask again."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_travellers", verbose_name=_("saved by"))
    identity = models.CharField(_("identity"), max_length=64, editable=False)
    title = models.CharField(_("title"), max_length=4, choices=Passenger.Title.choices, blank=True)
    given_name = models.CharField(_("given name"), max_length=60)
    family_name = models.CharField(_("family name"), max_length=60)
    born_on = models.DateField(_("date of birth"))

    class Meta:
        verbose_name = _("saved traveller")
        verbose_name_plural = _("saved travellers")
        ordering = ["given_name", "family_name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "identity"], name="traveller_saved_once"),
        ]

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name}"
