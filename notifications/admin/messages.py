from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RangeDateTimeFilter

from flights_project.gateway.desk import LongTableAdmin, badge, instant
from notifications.models import Message
from notifications.services.rendering import render

COLOURS = {"waiting": "warning", "sent": "success", "dead": "danger"}


@admin.register(Message)
class MessageAdmin(LongTableAdmin[Message]):
    """What was told to whom. Staff read it and try again what was given up."""

    list_display = ["kind", "subject", "recipient", "state", "written", "sent", "tries"]
    list_filter = [
        ("status", ChoicesCheckboxFilter),
        ("written_at", RangeDateTimeFilter),
    ]
    search_fields = ["^subject", "=recipient", "=kind"]
    search_help_text = gettext_lazy("A locator, a whole e-mail address, or a kind of message.")
    actions = ["try_again"]
    fields = [
        ("kind", "subject"),
        ("recipient", "state"),
        ("written", "sent"),
        ("due", "tries"),
        "last_error",
        "title",
        "page",
        "words",
    ]
    written = instant("written_at", gettext_lazy("written"))
    sent = instant("sent_at", gettext_lazy("sent"))
    due = instant("due_at", gettext_lazy("due"))

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, message: Message) -> str:
        return badge(message.get_status_display(), COLOURS[message.status])

    @admin.display(description=gettext_lazy("subject line"))
    def title(self, message: Message) -> str:
        return _secret(message) or render(message).subject

    @admin.display(description=gettext_lazy("as a page"))
    def page(self, message: Message) -> str:
        frame = '<iframe sandbox srcdoc="{}" title="{}" style="width: 100%; height: 40rem; border: 0"></iframe>'
        return _secret(message) or format_html(frame, escape(render(message).html), _("The message as a page"))

    @admin.display(description=gettext_lazy("as text"))
    def words(self, message: Message) -> str:
        return _secret(message) or format_html('<pre class="whitespace-pre-wrap">{}</pre>', render(message).text)

    @admin.action(description=gettext_lazy("Try the selected given-up messages again"), permissions=["act"])
    def try_again(self, request: HttpRequest, chosen: QuerySet[Message]) -> None:
        again = chosen.filter(status=Message.Status.DEAD).update(
            status=Message.Status.WAITING, due_at=timezone.now(), tries=0
        )
        messages.success(
            request,
            ngettext("%(count)d message waits to be sent again.", "%(count)d messages wait to be sent again.", again)
            % {"count": again},
        )


def _secret(message: Message) -> str:
    """Mail about an account holds links that open it: for its owner's eyes only."""
    return _("Only its recipient reads this: it may hold a link that opens the account.") * (message.kind == "account")
