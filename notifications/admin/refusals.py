from django.contrib import admin
from django.utils.translation import gettext_lazy

from flights_project.gateway.desk import LongTableAdmin, instant
from notifications.admin.messages import KindFilter
from notifications.models import Refusal


@admin.register(Refusal)
class RefusalAdmin(LongTableAdmin[Refusal]):
    """Who does not want which messages, by one click or by the choices of an account."""

    list_display = ["recipient", "kind", "refused"]
    list_filter = [KindFilter]
    search_fields = ["=recipient"]
    refused = instant("refused_at", gettext_lazy("refused"))
