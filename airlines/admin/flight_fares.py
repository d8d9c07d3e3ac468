"""Prices: in a list to change, and each on its page with why it costs what it does and what it has cost."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesCheckboxFilter,
    RangeDateFilter,
    RelatedCheckboxFilter,
)
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from airlines.admin.explaining import price_chart, why_it_costs
from airlines.admin.filters import FareWhenFilter
from airlines.admin.finding import FindsFlights
from airlines.exceptions import FareChanged
from airlines.models import FlightFare
from airlines.services.fares import PricedBy, change_fare, take_off_sale
from airlines.services.repricing import explain_prices, give_to_rules, set_limits
from flights_project.gateway.desk import ServiceAdmin, ServiceForm, badge
from flights_project.gateway.desk_history import history_of
from flights_project.gateway.desk_paginators import LongTable

LIMITS = {"reference": "reference_amount", "floor": "floor_amount", "ceiling": "ceiling_amount"}


class FareForm(ServiceForm[FlightFare]):
    """Only a price that was typed here is new: another agent's change since the page was opened stays."""

    amount = forms.DecimalField(
        label=_("Amount"),
        min_value=0,
        max_digits=10,
        decimal_places=2,
        show_hidden_initial=True,
        help_text=_("A price that you type fixes the fare, until you give it back to the pricing rules."),
        widget=UnfoldAdminDecimalFieldWidget(attrs={"class": "vIntegerField", "step": "any"}),
    )

    @property
    def amount_read(self) -> Decimal | None:
        """What the fare cost when the page was opened, as far as the page says."""
        field = self.fields["amount"]
        opened_with = field.hidden_widget().value_from_datadict(
            self.data, self.files, self.add_initial_prefix("amount")
        )
        read: Decimal | None = field.to_python(opened_with)
        return read


class FarePageForm(FareForm):
    """What goes to the rules without a reference moves from what it costs."""

    new_reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=200,
        help_text=_("Kept in the history of the price."),
        widget=UnfoldAdminTextInputWidget(),
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if cleaned.get("priced_by") == PricedBy.RULES and cleaned.get("reference_amount") is None:
            cleaned["reference_amount"] = cleaned.get("amount")
        return cleaned


@admin.register(FlightFare)
class FlightFareAdmin(FindsFlights, LongTable, ServiceAdmin[FlightFare]):
    """Prices of now. New ones are set on the flight's page; to take one off sale is to delete it."""

    path_to_flight = "flight_cabin__flight__"

    form = FarePageForm
    list_display = ["number", "departs_on", "route", "cabin", "family", "amount", "priced"]
    list_editable = ["amount"]
    list_filter = [
        FareWhenFilter,
        ("family", RelatedCheckboxFilter),
        ("flight_cabin__cabin", ChoicesCheckboxFilter),
        ("priced_by", ChoicesCheckboxFilter),
        ("flight_cabin__flight__departs_on", RangeDateFilter),
        ("flight_cabin__flight__origin", AutocompleteSelectFilter),
        ("flight_cabin__flight__destination", AutocompleteSelectFilter),
    ]
    list_select_related = ["family", "flight_cabin__flight__origin", "flight_cabin__flight__destination"]
    search_fields = [
        "^flight_cabin__flight__number",
        "=flight_cabin__flight__origin__iata",
        "=flight_cabin__flight__destination__iata",
    ]
    ordering = ["flight_cabin__flight__departs_at", "flight_cabin__flight__number", "flight_cabin", "family__position"]
    fieldsets = [
        (None, {"fields": [("flight_cabin", "family"), ("amount", "new_reason"), "priced_by"]}),
        (_("What the pricing rules work with"), {"fields": [tuple(LIMITS.values())]}),
        (_("Why it costs what it does"), {"fields": ["why"]}),
        (_("What it has cost"), {"fields": ["chart"]}),
    ]
    readonly_fields = ["flight_cabin", "family", "why", "chart"]
    inlines = [history_of(FlightFare, "previous_amount", "amount", "priced_by", "reason")]

    @admin.display(description=_("flight"), ordering="flight_cabin__flight__number")
    def number(self, fare: FlightFare) -> str:
        return fare.flight_cabin.flight.number

    @admin.display(description=_("departs"), ordering="flight_cabin__flight__departs_on")
    def departs_on(self, fare: FlightFare) -> str:
        return f"{fare.flight_cabin.flight.departs_on:%a %-d %b %Y}"

    @admin.display(description=_("route"))
    def route(self, fare: FlightFare) -> str:
        flight = fare.flight_cabin.flight
        return f"{flight.origin.iata} → {flight.destination.iata}"

    @admin.display(description=_("cabin"), ordering="flight_cabin__cabin")
    def cabin(self, fare: FlightFare) -> str:
        return fare.flight_cabin.get_cabin_display()

    @admin.display(description=_("priced"), ordering="priced_by")
    def priced(self, fare: FlightFare) -> str:
        return badge(fare.get_priced_by_display(), "info" if fare.priced_by == PricedBy.RULES else "warning")

    @admin.display(description=_("step by step"))
    def why(self, fare: FlightFare) -> str:
        explained = explain_prices(fares=FlightFare.objects.filter(flight_cabin=fare.flight_cabin), now=timezone.now())
        return why_it_costs(fare, explained[fare.pk])

    @admin.display(description=_("since its first change"))
    def chart(self, fare: FlightFare) -> str | None:
        return price_chart(fare, timezone.now())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, form=FareForm, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        try:
            return super().changelist_view(request, extra_context)
        except FareChanged as refusal:  # nothing of the page was saved
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: FlightFare, form: Any, change: Any) -> None:
        typed, changed = form.cleaned_data, form.changed_data
        if set(LIMITS.values()) & set(changed):
            set_limits(fare=obj, **{name: typed[field] for name, field in LIMITS.items()})
        if typed.get("priced_by") == PricedBy.RULES and "amount" not in changed:
            give_to_rules(fare=obj, now=timezone.now())
        elif {"amount", "priced_by"} & set(changed):
            change_fare(
                fare=obj, amount=typed["amount"], instead_of=form.amount_read, reason=typed.get("new_reason", "")
            )

    def delete_model(self, request: HttpRequest, obj: FlightFare) -> None:
        take_off_sale([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[FlightFare]) -> None:
        take_off_sale(queryset)
