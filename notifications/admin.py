from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from notifications.models import Message
from notifications.services.rendering import render


@admin.register(Message)
class MessageAdmin(ModelAdmin):
    """What was told to whom. Staff read it and try again what was given up; nobody writes it by hand."""

    list_display = ["kind", "subject", "recipient", "status", "written_at", "due_at", "sent_at", "tries"]
    list_filter = ["status", "kind"]
    search_fields = ["subject", "recipient"]
    date_hierarchy = "written_at"
    readonly_fields = [
        "id",
        *[field for field in list_display if field != "id"],
        "last_error",
        "context",
        "words",
    ]
    actions = ["try_again"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    @admin.display(description=_("words"))
    def words(self, message: Message) -> str:
        rendered = render(message)
        return format_html("<strong>{}</strong><pre>{}</pre>", rendered.subject, rendered.text)

    @admin.action(description=_("Try the selected given-up messages again"), permissions=["change"])
    def try_again(self, request: HttpRequest, chosen: QuerySet[Message]) -> None:
        again = chosen.filter(status=Message.Status.DEAD).update(
            status=Message.Status.WAITING, due_at=timezone.now(), tries=0
        )
        messages.success(request, _("%(count)d messages wait to be sent again.") % {"count": again})
