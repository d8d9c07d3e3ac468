"""The desk's pages for what integrators' programs are told."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from flights_project.gateway.desk import LongTableAdmin, ReadOnlyAdmin, ReadOnlyInline, badge, instant
from flights_project.gateway.desk_filters import InstantRangeFilter
from notifications.exceptions import EndpointNotEnabled
from notifications.models import Event, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notifications.services import webhooks

ENDPOINT_COLOURS = {"enabled": "success", "paused": "", "gone": "danger", "failing": "danger"}
DELIVERY_COLOURS = {"waiting": "warning", "delivered": "success", "failed": "danger"}


@admin.register(Event)
class EventAdmin(LongTableAdmin[Event]):
    list_display = ["type", "about", "owner", "sequence", "occurred"]
    list_select_related = ["owner"]
    list_filter = [("type", ChoicesCheckboxFilter), ("occurred_at", InstantRangeFilter)]
    search_fields = ["=about", "=owner__email"]
    search_help_text = gettext_lazy("A locator, or an integrator's whole e-mail address.")
    fields = [("type", "about"), ("owner", "sequence"), "uid", "facts", "occurred"]
    occurred = instant("occurred_at", gettext_lazy("occurred"))


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin[WebhookEndpoint]):
    """Integrators make and change their endpoints by the API; staff see them, try them and switch them on and off."""

    list_display = ["url", "owner", "state", "chosen", "failing", "created"]
    list_select_related = ["owner"]
    list_filter = [("status", ChoicesCheckboxFilter)]
    search_fields = ["url", "=owner__email"]
    fields = ["url", "description", ("owner", "state"), "chosen", ("created", "failing")]
    actions = ["ping", "enable", "pause"]
    created = instant("created_at", gettext_lazy("made"))
    failing = instant("failing_since", gettext_lazy("failing since"))

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, endpoint: WebhookEndpoint) -> str:
        return badge(endpoint.get_status_display(), ENDPOINT_COLOURS[endpoint.status])

    @admin.display(description=gettext_lazy("events"))
    def chosen(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(endpoint.events)

    @admin.action(description=gettext_lazy("Send a test to the selected endpoints"), permissions=["act"])
    def ping(self, request: HttpRequest, endpoints: QuerySet[WebhookEndpoint]) -> None:
        _each(request, endpoints, lambda endpoint: webhooks.ping(endpoint=endpoint, now=timezone.now()))

    @admin.action(description=gettext_lazy("Enable the selected endpoints"), permissions=["act"])
    def enable(self, request: HttpRequest, endpoints: QuerySet[WebhookEndpoint]) -> None:
        _each(
            request,
            endpoints,
            lambda endpoint: webhooks.change_endpoint(endpoint=endpoint, status=WebhookEndpoint.Status.ENABLED),
        )

    @admin.action(description=gettext_lazy("Pause the selected endpoints"), permissions=["act"])
    def pause(self, request: HttpRequest, endpoints: QuerySet[WebhookEndpoint]) -> None:
        _each(
            request,
            endpoints,
            lambda endpoint: webhooks.change_endpoint(endpoint=endpoint, status=WebhookEndpoint.Status.PAUSED),
        )


class Attempts(ReadOnlyInline[WebhookAttempt, WebhookDelivery]):
    model = WebhookAttempt
    fields = ["tried", "status_code", "error", "milliseconds"]
    readonly_fields = ["tried"]
    hide_title = True
    tried = instant("at", gettext_lazy("at"))


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(LongTableAdmin[WebhookDelivery]):
    list_display = ["kind", "about", "endpoint", "state", "written", "delivered", "tries"]
    list_select_related = ["endpoint", "event"]
    list_filter = [("status", ChoicesCheckboxFilter), ("created_at", InstantRangeFilter)]
    search_fields = ["=event__about", "endpoint__url", "=endpoint__owner__email"]
    fields = [("kind", "about"), "endpoint", ("state", "tries"), ("written", "due", "delivered")]
    inlines = [Attempts]
    actions = ["redeliver"]
    written = instant("created_at", gettext_lazy("written"))
    due = instant("due_at", gettext_lazy("due"))
    delivered = instant("delivered_at", gettext_lazy("delivered"))

    @admin.display(description=gettext_lazy("type"))
    def kind(self, delivery: WebhookDelivery) -> str:
        return str(delivery.payload["type"])

    @admin.display(description=gettext_lazy("about"))
    def about(self, delivery: WebhookDelivery) -> str | None:
        return delivery.event.about if delivery.event else None

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, delivery: WebhookDelivery) -> str:
        return badge(delivery.get_status_display(), DELIVERY_COLOURS[delivery.status])

    @admin.action(description=gettext_lazy("Send the selected deliveries once more"), permissions=["act"])
    def redeliver(self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]) -> None:
        _each(request, deliveries, lambda delivery: webhooks.redeliver(delivery=delivery, now=timezone.now()))


def _each(request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any], object]) -> None:
    """Do it to each, and say for how many it was done and which were refused."""
    done, refused = 0, []
    for row in rows:
        try:
            act(row)
            done += 1
        except EndpointNotEnabled:
            refused.append(str(row))
    if done:
        messages.success(request, _("Done: %(count)d.") % {"count": done})
    if refused:
        messages.error(request, _("Not enabled, so nothing is sent: %(names)s.") % {"names": ", ".join(refused)})
