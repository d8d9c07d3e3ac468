"""Lists to take away: asked for on a form, watched while they are written, fetched by who asked."""

from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from bookings.exceptions import ReportExpired
from bookings.models import Report
from bookings.models.reports import right_to
from bookings.services.reports import ask_report, content_of, link_to, open_report
from flights_project.gateway.desk import ServiceAdmin, ServiceForm, badge, instant
from flights_project.gateway.models import User
from flights_project.lib.tables import TABLE_TYPES

COLOURS = {"waiting": "warning", "writing": "info", "ready": "success", "failed": "danger"}


class ReportForm(ServiceForm[Report]):
    class Meta:
        model = Report
        fields = ["kind", "first_day", "last_day", "ending", "reason"]


@admin.register(Report)
class ReportAdmin(ServiceAdmin[Report]):
    """Everybody sees the lists that they asked for; superusers see that others were asked for, and open none."""

    form = ReportForm
    list_display = ["kind", "first_day", "last_day", "ending", "state", "asked_by", "asked", "expires"]
    list_filter = ["kind", "status"]
    list_select_related = ["asked_by"]
    readonly_fields: ClassVar = ["state", "asked_by", "asked", "expires"]
    change_form_outer_before_template = "desk/report.html"
    warn_unsaved_form = False
    asked = instant("asked_at", gettext_lazy("asked"))
    expires = instant("expires_at", gettext_lazy("expires"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        reports = super().get_queryset(request)
        return reports if request.user.is_superuser else reports.filter(asked_by=request.user.pk)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, report: Report) -> str:
        return badge(report.get_status_display(), COLOURS[report.status])

    def get_fields(self, request: HttpRequest, obj: Report | None = None) -> Any:
        asked = ["kind", ("first_day", "last_day"), "ending", "reason"]
        return [*asked, ("state", "expires"), ("asked_by", "asked")] if obj else asked

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "kind":
            kwargs["choices"] = [
                ("", "---"),
                *((kind, name) for kind, name in Report.Kind.choices if _may(request, kind)),
            ]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return any(_may(request, kind) for kind in Report.Kind.values)

    def has_change_permission(self, request: HttpRequest, obj: Report | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Report | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Report, form: Any, change: Any) -> None:
        if not _may(request, form.cleaned_data["kind"]):
            raise PermissionDenied
        user = cast("User", request.user)  # the desk is closed to everybody else
        obj.pk = ask_report(**form.cleaned_data, user=user, now=timezone.now()).pk
        obj.refresh_from_db()

    def response_add(self, request: HttpRequest, obj: Report, post_url_continue: str | None = None) -> HttpResponse:
        return redirect(_page(obj))

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        report = self.get_object(request, object_id)
        shown = {"report": report, "link": _link(request, report) if report else ""}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | shown)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.file_page)
        return [path("file/<str:link>/", page, name="bookings_report_file"), *super().get_urls()]

    def file_page(self, request: HttpRequest, link: str) -> HttpResponseBase:
        """The file, for who asked for it, as long as it is there and they may have it."""
        try:
            report = open_report(link=link, user=cast("User", request.user), now=timezone.now())
        except Report.DoesNotExist:
            raise Http404 from None
        except ReportExpired as expired:
            messages.error(request, str(expired))
            return redirect("admin:bookings_report_changelist")
        if not request.user.has_perm(report.right):
            raise PermissionDenied
        name = f"{report.kind}-{report.first_day}-{report.last_day}.{report.ending}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(content_of(report), content_type=TABLE_TYPES[report.ending], headers=headers)


def _may(request: HttpRequest, kind: str) -> bool:
    return bool(request.user.has_perm(right_to(kind)))


def _page(report: Report) -> str:
    return reverse("admin:bookings_report_change", args=[report.pk])


def _link(request: HttpRequest, report: Report) -> str:
    is_there = report.status == Report.Status.READY and report.expires_at and report.expires_at > timezone.now()
    if not is_there or report.asked_by_id != request.user.pk or not request.user.has_perm(report.right):
        return ""
    return reverse("admin:bookings_report_file", args=[link_to(report)])
