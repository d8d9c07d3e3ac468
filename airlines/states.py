"""The states of a flight, by name: below the models and their querysets, so that both speak of them alike.

They change only by guarded updates that name the state they leave; `docs/architecture/README.md` has who follows whom.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class FlightStatus(models.TextChoices):
    """Where a flight is between its sale and its landing."""

    SCHEDULED = "scheduled", _("scheduled")
    DELAYED = "delayed", _("delayed")
    DEPARTED = "departed", _("departed")
    LANDED = "landed", _("landed")
    CANCELLED = "cancelled", _("cancelled")


FOR_SALE = (FlightStatus.SCHEDULED, FlightStatus.DELAYED)
"""Neither gone nor cancelled: what seats are sold of."""
