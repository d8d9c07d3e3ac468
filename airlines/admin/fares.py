from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesCheckboxFilter,
    RangeDateFilter,
    RelatedCheckboxFilter,
)
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from airlines.models import FareFamily, FlightFare, TaxRule
from airlines.services.fares import change_fare, take_off_sale
from flights_project.gateway.desk import DeskAdmin, ServiceAdmin, ServiceForm, history_of
from flights_project.gateway.templatetags.flights import money


@admin.register(FareFamily)
class FareFamilyAdmin(DeskAdmin[FareFamily]):
    list_display = ["name", "code", "position", "cabin_bag", "checked_bag", "seat_choice_included", "refund", "change"]
    search_fields = ["name", "code"]
    prepopulated_fields = {"code": ["name"]}
    fieldsets = [
        (None, {"fields": [("name", "code"), "position"]}),
        (
            gettext_lazy("Bags and seat"),
            {"fields": [("cabin_bag_kg", "checked_bag_kg"), ("seat_choice_included", "seat_fee")]},
        ),
        (gettext_lazy("Refund and change"), {"fields": [("refund_percent", "change_fee")]}),
        (gettext_lazy("Children"), {"fields": [("child_percent", "infant_percent")]}),
    ]

    @admin.display(description=gettext_lazy("cabin bag"), ordering="cabin_bag_kg")
    def cabin_bag(self, family: FareFamily) -> str:
        return _("%(kg)d kg") % {"kg": family.cabin_bag_kg}

    @admin.display(description=gettext_lazy("checked bag"), ordering="checked_bag_kg")
    def checked_bag(self, family: FareFamily) -> str:
        return _("%(kg)d kg") % {"kg": family.checked_bag_kg} if family.checked_bag_kg else _("none")

    @admin.display(description=gettext_lazy("refund"), ordering="refund_percent")
    def refund(self, family: FareFamily) -> str:
        return f"{family.refund_percent} %"

    @admin.display(description=gettext_lazy("change"), ordering="change_fee")
    def change(self, family: FareFamily) -> str:
        return _("no") if family.change_fee is None else money(family.change_fee)


class FareForm(ServiceForm[FlightFare]):
    """Only a price that was typed here is new: another agent's change since the page was opened stays."""

    amount = forms.DecimalField(
        label=gettext_lazy("Amount"),
        min_value=0,
        max_digits=10,
        decimal_places=2,
        show_hidden_initial=True,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"class": "vIntegerField", "step": "any"}),
    )


@admin.register(FlightFare)
class FlightFareAdmin(ServiceAdmin[FlightFare]):
    """Prices of now. New ones are set on the flight's page; to take one off sale is to delete it."""

    form = FareForm
    list_display = ["number", "departs_on", "route", "cabin", "family", "amount"]
    list_editable = ["amount"]
    list_filter = [
        ("family", RelatedCheckboxFilter),
        ("flight_cabin__cabin", ChoicesCheckboxFilter),
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
    fields = ["flight_cabin", "family", "amount"]
    readonly_fields = ["flight_cabin", "family"]
    inlines = [history_of(FlightFare, "amount")]

    @admin.display(description=gettext_lazy("flight"), ordering="flight_cabin__flight__number")
    def number(self, fare: FlightFare) -> str:
        return fare.flight_cabin.flight.number

    @admin.display(description=gettext_lazy("departs"), ordering="flight_cabin__flight__departs_on")
    def departs_on(self, fare: FlightFare) -> str:
        return f"{fare.flight_cabin.flight.departs_on:%a %-d %b %Y}"

    @admin.display(description=gettext_lazy("route"))
    def route(self, fare: FlightFare) -> str:
        flight = fare.flight_cabin.flight
        return f"{flight.origin.iata} → {flight.destination.iata}"

    @admin.display(description=gettext_lazy("cabin"), ordering="flight_cabin__cabin")
    def cabin(self, fare: FlightFare) -> str:
        return fare.flight_cabin.get_cabin_display()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, form=FareForm, **kwargs)

    def save_model(self, request: HttpRequest, obj: FlightFare, form: Any, change: Any) -> None:
        change_fare(fare=obj, amount=form.cleaned_data["amount"])

    def delete_model(self, request: HttpRequest, obj: FlightFare) -> None:
        take_off_sale([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[FlightFare]) -> None:
        take_off_sale(queryset)


@admin.register(TaxRule)
class TaxRuleAdmin(DeskAdmin[TaxRule]):
    list_display = ["code", "name", "charge", "departing_from", "reach", "cabin", "infants_pay", "refundable"]
    list_filter = ["reach", "refundable", "infants_pay"]
    list_select_related = ["origin"]
    search_fields = ["=code", "name", "=origin__iata", "=origin_country"]
    autocomplete_fields = ["origin"]
    fieldsets = [
        (None, {"fields": [("code", "name")]}),
        (gettext_lazy("What it costs: one of the two"), {"fields": [("amount", "percent")]}),
        (gettext_lazy("On which flights"), {"fields": [("origin_country", "origin"), ("reach", "cabin")]}),
        (gettext_lazy("Who pays, and what comes back"), {"fields": ["infants_pay", "refundable"]}),
    ]

    @admin.display(description=gettext_lazy("charge"))
    def charge(self, rule: TaxRule) -> str:
        return money(rule.amount) if rule.amount is not None else f"{rule.percent} %"

    @admin.display(description=gettext_lazy("departing from"))
    def departing_from(self, rule: TaxRule) -> str:
        return (rule.origin.iata if rule.origin else rule.origin_country) or _("anywhere")
