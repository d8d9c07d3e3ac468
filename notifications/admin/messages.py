import re
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from flights_project.gateway.desk import LongTableAdmin, ReadOnlyInline, badge, instant
from flights_project.gateway.desk_filters import InstantRangeFilter
from notifications.kinds import KINDS
from notifications.models import Attempt, Message
from notifications.querysets import MessageQuerySet
from notifications.services import delivery
from notifications.services.rendering import render

KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|\d{14}(\d{6})?|r\d+")
"""What a subject has beside a locator so that a thing is told once: an id, when it was done, or a flight's revision."""
COLOURS = {"waiting": "warning", "sent": "success", "dead": "danger"}


class MessageAttempts(ReadOnlyInline[Attempt, Message]):
    model = Attempt
    fields = ["number", "tried", "error"]
    readonly_fields = ["tried"]
    hide_title = True
    tried = instant("tried_at", gettext_lazy("tried"))


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, str(kind.label)) for name, kind in KINDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Message)
class MessageAdmin(LongTableAdmin[Message]):
    """What was told to whom. Staff read it, try again or dismiss what was given up, and send another copy."""

    list_display = ["what", "about", "way", "recipient", "state", "written", "sent", "tries"]
    sortable_by = ["written"]
    list_filter = [
        ("status", ChoicesCheckboxFilter),
        KindFilter,
        ("way", ChoicesCheckboxFilter),
        ("written_at", InstantRangeFilter),
    ]
    search_fields = ["^subject", "=recipient"]
    search_help_text = gettext_lazy("A locator, or a whole e-mail address.")
    actions = ["try_again", "dismiss", "send_again"]
    inlines = [MessageAttempts]
    fields = [
        ("what", "subject"),
        ("way", "recipient", "language"),
        ("state", "urgency"),
        ("written", "sent", "read"),
        ("due", "lapses", "tries", "copy"),
        "last_error",
        "title",
        "page",
        "words",
    ]
    written = instant("written_at", gettext_lazy("written"))
    sent = instant("sent_at", gettext_lazy("sent"))
    read = instant("read_at", gettext_lazy("read"))
    due = instant("due_at", gettext_lazy("due"))
    lapses = instant("useful_until", gettext_lazy("of use until"))

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def what(self, message: Message) -> str:
        return message.what

    @admin.display(description=gettext_lazy("about"))
    def about(self, message: Message) -> str | None:
        """Its subject without the keys that only programs read: of a booking the locator, and what of it."""
        if _secret(message):
            return None
        return " ".join(word for word in message.subject.split() if not KEY.fullmatch(word)) or None

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, message: Message) -> str:
        return badge(message.get_status_display(), COLOURS.get(message.status, "plain"))

    @admin.display(description=gettext_lazy("subject line"))
    def title(self, message: Message) -> str:
        return _secret(message) or render(message).subject

    @admin.display(description=gettext_lazy("as a page"))
    def page(self, message: Message) -> str:
        frame = '<iframe class="desk-page" sandbox srcdoc="{}" title="{}"></iframe>'
        return _secret(message) or format_html(frame, escape(render(message).html), _("The message as a page"))

    @admin.display(description=gettext_lazy("as text"))
    def words(self, message: Message) -> str:
        return _secret(message) or format_html('<pre class="desk-letter">{}</pre>', render(message).text)

    @admin.action(description=gettext_lazy("Try the selected given-up messages again"), permissions=["act"])
    def try_again(self, request: HttpRequest, chosen: MessageQuerySet) -> None:
        again = delivery.try_again(messages=chosen, now=timezone.now())
        words = ngettext(
            "%(count)d message waits to be sent again.", "%(count)d messages wait to be sent again.", again
        )
        messages.success(request, words % {"count": again})

    @admin.action(description=gettext_lazy("Dismiss the selected given-up messages"), permissions=["act"])
    def dismiss(self, request: HttpRequest, chosen: MessageQuerySet) -> None:
        count = delivery.dismiss(messages=chosen)
        words = ngettext("%(count)d message was dismissed.", "%(count)d messages were dismissed.", count)
        messages.success(request, words % {"count": count})

    @admin.action(description=gettext_lazy("Send another copy of the selected sent messages"), permissions=["act"])
    def send_again(self, request: HttpRequest, chosen: MessageQuerySet) -> None:
        count = delivery.resend(messages=chosen, now=timezone.now())
        words = ngettext("%(count)d copy waits to be sent.", "%(count)d copies wait to be sent.", count)
        messages.success(request, words % {"count": count})


def _secret(message: Message) -> str:
    """Mail about an account holds links that open it: for its owner's eyes only."""
    is_secret = message.kind in KINDS and KINDS[message.kind].secret
    return _("Only its recipient reads this: it may hold a link that opens the account.") * is_secret
