"""The pricing rules: their bands, and what a round would change before anything is saved."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import PaginationInlineFormSet

from airlines.models import FlightFare, PricingBand, PricingRule
from airlines.services.pricing_rules import check_bands
from airlines.services.repricing import RulesPreview, preview_rules, reprice_soon
from flights_project.gateway.desk import DeskAdmin, DeskInline, badge

LOOK_FIRST = "_what_would_change"


class LookedFirst(Exception):
    """Carries what the rules would change out of the transaction that had them saved."""

    def __init__(self, preview: RulesPreview) -> None:
        self.preview = preview


class BandFormSet(PaginationInlineFormSet):
    """The bands of one measure."""

    measure: ClassVar[str]

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)
        form.instance.measure = self.measure
        return form

    def clean(self) -> None:
        super().clean()
        typed = [getattr(form, "cleaned_data", {}) for form in self.forms]
        bands = [
            (band["starts_at"], band["percent"])
            for band in typed
            if band.get("percent") is not None and band.get("starts_at") is not None and not band.get("DELETE")
        ]
        if len({start for start, _percent in bands}) != len(bands):
            raise ValidationError(_("Two bands start at the same place."))
        if self.measure == PricingBand.Measure.LOAD and not check_bands(bands):
            raise ValidationError(_("A price does not fall as the cabin fills: below the first band it is 100 %."))


class LoadBandFormSet(BandFormSet):
    measure = PricingBand.Measure.LOAD


class DaysBandFormSet(BandFormSet):
    measure = PricingBand.Measure.DAYS


class Bands(DeskInline[PricingBand, PricingRule]):
    """Part of the rule: who may change it changes its bands."""

    model = PricingBand
    formset = BandFormSet
    hide_title = True
    fields = ["starts_at", "percent"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PricingBand]:
        return super().get_queryset(request).filter(measure=self.formset.measure)

    def has_view_permission(self, request: HttpRequest, obj: PricingRule | None = None) -> bool:
        return True

    def _may_change(self, request: HttpRequest, obj: PricingRule | None = None) -> bool:
        return request.user.has_perms(["airlines.add_pricingrule", "airlines.change_pricingrule"])

    has_add_permission = has_change_permission = has_delete_permission = _may_change


class LoadBands(Bands):
    formset = LoadBandFormSet
    verbose_name_plural = gettext_lazy("by percent of the cabin’s seats taken")


class DaysBands(Bands):
    formset = DaysBandFormSet
    verbose_name_plural = gettext_lazy("by days to departure")


@admin.register(PricingRule)
class PricingRuleAdmin(DeskAdmin[PricingRule]):
    """How prices move. A rule that is saved prices everything again within a minute or so."""

    list_display = ["name", "priority", "used", "cabin", "family", "route"]
    list_filter = ["in_use", "cabin"]
    list_select_related = ["origin", "destination", "family"]
    search_fields = ["name", "=origin__iata", "=destination__iata"]
    autocomplete_fields = ["origin", "destination"]
    fieldsets = [
        (None, {"fields": [("name", "priority"), ("round_to", "in_use")]}),
        (
            gettext_lazy("Which fares"),
            {"fields": [("cabin", "family"), ("origin", "destination")], "description": gettext_lazy("Empty: all.")},
        ),
    ]
    inlines = [LoadBands, DaysBands]
    change_form_after_template = "desk/look_first.html"

    @admin.display(description=gettext_lazy("in use"), ordering="in_use")
    def used(self, rule: PricingRule) -> str:
        return badge(_("in use"), "success") if rule.in_use else badge(_("not in use"), "")

    @admin.display(description=gettext_lazy("route"))
    def route(self, rule: PricingRule) -> str:
        ends = [airport.iata if airport else _("anywhere") for airport in (rule.origin, rule.destination)]
        return " → ".join(ends)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except LookedFirst as looked:
            return self._show(request, looked.preview)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        if LOOK_FIRST in request.POST:
            raise LookedFirst(preview_rules(now=timezone.now()))
        reprice_soon()

    def delete_model(self, request: HttpRequest, obj: PricingRule) -> None:
        super().delete_model(request, obj)
        reprice_soon()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PricingRule]) -> None:
        super().delete_queryset(request, queryset)
        reprice_soon()

    def _show(self, request: HttpRequest, preview: RulesPreview) -> HttpResponse:
        """What would change, with what was typed, ready to be saved."""
        examples = FlightFare.objects.with_journey().in_bulk([rung.fare for rung, _priced in preview.examples])
        context = self.admin_site.each_context(request) | {
            "title": _("What would change"),
            "opts": self.opts,
            "preview": preview,
            "rules": list(preview.by_rule.items()),
            "average": preview.change / (preview.rises + preview.falls or 1),
            "examples": [(examples[rung.fare], rung.amount, priced.amount) for rung, priced in preview.examples],
            "typed": _typed(request.POST),
        }
        return TemplateResponse(request, "desk/rules_preview.html", context)


def _typed(sent: Mapping[str, str]) -> list[tuple[str, str]]:
    """What the form sent, to be sent again; the token and the button are the next page's own."""
    return [(name, value) for name, value in sent.items() if name not in {"csrfmiddlewaretoken", LOOK_FIRST}]
