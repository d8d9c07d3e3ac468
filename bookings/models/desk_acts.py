import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.bookings import Booking
from flights_project.gateway.models import User


class DeskAct(models.Model):
    """What staff did to a booking for its traveller: written by the transaction that did it, and never changed.

    Its id comes with the form, so that a form which is sent twice is done once.
    """

    class Kind(models.TextChoices):
        HOLD = "hold", _("seats held")
        PAY = "pay", _("payment taken")
        CANCEL = "cancel", _("cancelled")
        WAIVE = "waive", _("penalty waived")
        RENAME = "rename", _("name corrected")
        DIVIDE = "divide", _("travellers split off")
        RESEND = "resend", _("sent again")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    booking = models.ForeignKey(Booking, models.CASCADE, related_name="desk_acts", verbose_name=_("booking"))
    kind = models.CharField(_("what"), max_length=10, choices=Kind.choices)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    reason = models.CharField(_("why"), max_length=200)
    facts = models.JSONField(_("facts"), encoder=DjangoJSONEncoder, default=dict)
    done_at = models.DateTimeField(_("done"))

    class Meta:
        verbose_name = _("act for a traveller")
        verbose_name_plural = _("acts for travellers")
        ordering = ["-done_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["hold", "pay", "cancel", "waive", "rename", "divide", "resend"]),
                name="desk_act_kind_known",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="desk_act_has_its_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.booking} {self.get_kind_display()}"
