from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from airlines.models import FareFamily, TaxRule
from flights_project.gateway.desk import DeskAdmin
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
