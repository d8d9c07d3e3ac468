"""Changes of many fares: typed, seen, applied, undone. The page of a change is its preview, and later its record."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from airlines.models import CabinClass, FareChange, FareChangeLine, FareFamily
from airlines.services.fare_changes import FareFilter, apply_change, preview_change, totals_of, undo_change
from flights_project.gateway.desk import ReadOnlyInline, ServiceAdmin, ServiceForm, badge, instant
from flights_project.gateway.models import User
from flights_project.gateway.templatetags.flights import money
from flights_project.lib.errors import DomainError

COLOURS = {"previewed": "warning", "applied": "success", "undone": ""}
LINE_COLOURS = {"applied": "success", "overtaken": "danger", "kept": "danger"}
LINE_COLUMNS: list[Any] = ["flight", "family", "before", "after", "stopped_at", "outcome"]
CHANGE = "airlines.change_flightfare"
LABELS = {
    "origin": gettext_lazy("From"),
    "destination": gettext_lazy("To"),
    "departs_from": gettext_lazy("Departing from"),
    "departs_to": gettext_lazy("Departing to"),
    "cabin": gettext_lazy("Cabin"),
    "family": gettext_lazy("Fare family"),
    "load_from": gettext_lazy("Seats taken from, %"),
    "load_to": gettext_lazy("Seats taken to, %"),
    "amount_from": gettext_lazy("Costs now from"),
    "amount_to": gettext_lazy("Costs now to"),
}
"""Of each part of a `FareFilter`."""


def _code(name: str) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": "DEL"})
    return forms.CharField(label=LABELS[name], required=False, min_length=3, max_length=3, widget=widget)


def _day(name: str) -> forms.DateField:
    return forms.DateField(
        label=LABELS[name], required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"})
    )


def _percent(name: str) -> forms.IntegerField:
    widget = UnfoldAdminIntegerFieldWidget()
    return forms.IntegerField(label=LABELS[name], required=False, min_value=0, max_value=100, widget=widget)


def _amount(name: str) -> forms.DecimalField:
    widget = UnfoldAdminDecimalFieldWidget(attrs={"step": "any"})
    return forms.DecimalField(
        label=LABELS[name], required=False, min_value=0, max_digits=10, decimal_places=2, widget=widget
    )


def _in_words(name: str, asked: str) -> str:
    """What was asked for in one field of a filter, as it is kept."""
    if name.startswith("departs"):
        return date_format(date.fromisoformat(asked), "j M Y")
    return money(Decimal(asked)) if name.startswith("amount") else asked


def _families() -> list[tuple[str, Any]]:
    return [("", _("All")), *FareFamily.objects.values_list("code", "name")]


class FareChangeForm(ServiceForm[FareChange]):
    origin, destination = _code("origin"), _code("destination")
    departs_from, departs_to = _day("departs_from"), _day("departs_to")
    cabin = forms.ChoiceField(
        label=LABELS["cabin"],
        required=False,
        choices=[("", gettext_lazy("All")), *CabinClass.choices],
        widget=UnfoldAdminSelectWidget(),
    )
    family = forms.ChoiceField(
        label=LABELS["family"], required=False, choices=_families, widget=UnfoldAdminSelectWidget()
    )
    load_from, load_to = _percent("load_from"), _percent("load_to")
    amount_from, amount_to = _amount("amount_from"), _amount("amount_to")

    class Meta:
        model = FareChange
        fields = ["kind", "by", "round_to", "reason"]

    def clean_origin(self) -> str:
        return str(self.cleaned_data["origin"]).upper()

    def clean_destination(self) -> str:
        return str(self.cleaned_data["destination"]).upper()

    def which(self) -> FareFilter:
        return FareFilter(**{name: self.cleaned_data[name] for name in LABELS})


class ChangedFares(ReadOnlyInline[FareChangeLine, FareChange]):
    model = FareChangeLine
    verbose_name_plural = gettext_lazy("fares")
    hide_title = True
    per_page = 50
    fields = LINE_COLUMNS
    readonly_fields = LINE_COLUMNS

    def get_queryset(self, request: HttpRequest) -> QuerySet[FareChangeLine]:
        return super().get_queryset(request).select_related("fare__flight_cabin__flight", "fare__family")

    def has_view_permission(self, request: HttpRequest, obj: FareChange | None = None) -> bool:
        return True

    @admin.display(description=gettext_lazy("flight"))
    def flight(self, line: FareChangeLine) -> str:
        return str(line.fare.flight_cabin)

    @admin.display(description=gettext_lazy("fare family"))
    def family(self, line: FareChangeLine) -> str:
        return str(line.fare.family)

    @admin.display(description=gettext_lazy("before"))
    def before(self, line: FareChangeLine) -> str:
        return money(line.amount_before)

    @admin.display(description=gettext_lazy("after"))
    def after(self, line: FareChangeLine) -> str:
        return money(line.amount_after)

    @admin.display(description=gettext_lazy("stopped at"))
    def stopped_at(self, line: FareChangeLine) -> str | None:
        return badge(line.get_limit_display(), "warning") if line.limit else None

    @admin.display(description=gettext_lazy("what became of it"))
    def outcome(self, line: FareChangeLine) -> str:
        return badge(line.get_status_display(), LINE_COLOURS.get(line.status, ""))


@admin.register(FareChange)
class FareChangeAdmin(ServiceAdmin[FareChange]):
    """A preview is made here and changes nothing; it is applied on its own page, and undone there."""

    form = FareChangeForm
    list_display = ["number", "state", "reason", "how", "fares", "made_by", "made", "applied", "undone"]
    list_filter = ["status", "kind"]
    list_select_related = ["made_by"]
    search_fields = ["reason", "made_by__email"]
    ordering = ["-pk"]
    readonly_fields: ClassVar = ["number", "state", "how", "asked", "made_by", "made", "applied", "undone"]
    inlines = [ChangedFares]
    change_form_outer_before_template = "desk/fare_change.html"
    warn_unsaved_form = False
    made = instant("made_at", gettext_lazy("previewed"))
    applied = instant("applied_at", gettext_lazy("applied"))
    undone = instant("undone_at", gettext_lazy("undone"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[FareChange]:
        return super().get_queryset(request).annotate(count=Count("lines"))

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, change: FareChange) -> str:
        return f"#{change.pk}"

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, change: FareChange) -> str:
        return badge(change.get_status_display(), COLOURS[change.status])

    @admin.display(description=gettext_lazy("how"))
    def how(self, change: FareChange) -> str:
        if change.by is None:
            return str(change.get_kind_display())
        if change.kind == FareChange.Kind.PERCENT:
            return f"{change.by:+.2f} %"
        return f"{'+' if change.by > 0 else ''}{money(change.by)}"

    @admin.display(description=gettext_lazy("fares"))
    def fares(self, change: FareChange) -> int:
        return change.count  # type: ignore[attr-defined, no-any-return]  # annotated above

    @admin.display(description=gettext_lazy("which fares"))
    def asked(self, change: FareChange) -> str:
        rows = ((label, _in_words(name, change.which[name])) for name, label in LABELS.items() if name in change.which)
        return format_html_join("", "<div>{}: {}</div>", rows) or _("all on sale")

    def get_inlines(self, request: HttpRequest, obj: FareChange | None) -> Any:
        return super().get_inlines(request, obj) if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: FareChange | None = None) -> Any:
        if obj:
            return [(None, {"fields": [("number", "state"), ("how", "reason"), "asked", ("made_by", "made"),
                                       ("applied", "undone")]})]  # fmt: skip
        currency = {"currency": settings.CURRENCY}
        which = _("Fares of flights on sale. Empty: all. Amounts in %(currency)s.") % currency
        how = _("An amount is in %(currency)s, for one adult, without taxes.") % currency
        pairs = [("origin", "destination"), ("departs_from", "departs_to"), ("cabin", "family"),
                 ("load_from", "load_to"), ("amount_from", "amount_to")]  # fmt: skip
        return [
            (_("Which fares"), {"fields": pairs, "description": which}),
            (_("How they change"), {"fields": [("kind", "by", "round_to"), "reason"], "description": how}),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and request.user.has_perm(CHANGE)

    def has_change_permission(self, request: HttpRequest, obj: FareChange | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: FareChange | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: FareChange, form: Any, change: Any) -> None:
        typed = form.cleaned_data
        obj.pk = preview_change(
            which=form.which(),
            kind=typed["kind"],
            by=typed["by"],
            round_to=typed["round_to"],
            reason=typed["reason"],
            user=cast("User", request.user),  # the desk is closed to everybody else
            now=timezone.now(),
        ).pk
        obj.refresh_from_db()

    def response_add(self, request: HttpRequest, obj: FareChange, post_url_continue: str | None = None) -> HttpResponse:
        messages.info(request, _("This is a preview: no price has changed yet."))
        return redirect(self._page(obj))

    def _page(self, change: FareChange) -> str:
        return reverse("admin:airlines_farechange_change", args=[change.pk])

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        change = self.get_object(request, object_id)
        extra_context = (extra_context or {}) | {
            "totals": change and totals_of(change),
            "may_change": self.has_add_permission(request),
        }
        return super().change_view(request, object_id, form_url, extra_context)

    def get_urls(self) -> list[URLPattern]:
        steps = {"apply": self.apply_page, "undo": self.undo_page}
        pages = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(page), name=f"airlines_farechange_{name}")
            for name, page in steps.items()
        ]
        return [*pages, *super().get_urls()]

    def apply_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._step(request, pk, apply_change)

    def undo_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._step(request, pk, undo_change)

    def _step(self, request: HttpRequest, pk: int, step: Callable[..., FareChange]) -> HttpResponse:
        if request.method != "POST" or not self.has_add_permission(request):
            raise PermissionDenied
        change = get_object_or_404(FareChange, pk=pk)
        try:
            step(change=change, now=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            counts = totals_of(change).by_status
            told = (f"{FareChangeLine.Status(status).label}: {count}" for status, count in sorted(counts.items()))
            messages.success(request, "; ".join(told).capitalize())
        return redirect(self._page(change))
