from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, AutocompleteSelectFilter, ChoicesCheckboxFilter
from unfold.forms import PaginationInlineFormSet

from airlines.exceptions import LayoutInvalid
from airlines.models import Airplane, AirplaneType, Cabin, Seat
from airlines.models.fleet import ROWS_APART
from airlines.services.blocked_seats import write_seat
from airlines.services.fleet import make_seats, seat_count, seats_of
from flights_project.gateway.desk import DeskAdmin, DeskForm, DeskInline


class CabinForm(DeskForm[Cabin]):
    def clean_layout(self) -> str:
        layout: str = self.cleaned_data["layout"].upper()
        try:
            seats_of(Cabin(first_row=1, last_row=1, layout=layout))
        except LayoutInvalid as error:
            raise ValidationError(str(error)) from error
        return layout


class CabinFormSet(PaginationInlineFormSet):
    def clean(self) -> None:
        """New cabins are compared with each other here; the model compares them with what is in the database."""
        super().clean()
        rows = sorted(_rows(self.forms))
        if any(second[0] <= first[1] for first, second in pairwise(rows)):
            raise ValidationError(ROWS_APART)


def _rows(cabin_forms: Iterable[DeskForm[Cabin]]) -> Iterable[tuple[int, int]]:
    for form in cabin_forms:
        cabin = getattr(form, "cleaned_data", {})
        if cabin.get("first_row") and cabin.get("last_row") and not cabin.get("DELETE"):
            yield cabin["first_row"], cabin["last_row"]


class AirplaneCabins(DeskInline[Cabin, Airplane]):
    """Changeable until the airplane has a flight: from then on its cabins are what was sold."""

    model = Cabin
    form = CabinForm
    formset = CabinFormSet
    hide_title = True
    fields = ["cabin", "first_row", "last_row", "layout", "seats"]
    readonly_fields = ["seats"]

    def get_extra(self, request: HttpRequest, obj: Airplane | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1

    @admin.display(description=gettext_lazy("seats"))
    def seats(self, cabin: Cabin) -> int | None:
        return seat_count(cabin) if cabin.pk else None

    def has_add_permission(self, request: HttpRequest, obj: Airplane | None = None) -> bool:
        return super().has_add_permission(request, obj) and not _flies(obj)

    def has_change_permission(self, request: HttpRequest, obj: Airplane | None = None) -> bool:
        return super().has_change_permission(request, obj) and not _flies(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Airplane | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not _flies(obj)


def _flies(airplane: Airplane | None) -> bool:
    return airplane is not None and airplane.flights.exists()


@admin.register(AirplaneType)
class AirplaneTypeAdmin(DeskAdmin[AirplaneType]):
    list_display = ["code", "name", "turnaround_minutes"]
    search_fields = ["=code", "name"]
    fields = [("code", "name"), "turnaround_minutes"]


@admin.register(Airplane)
class AirplaneAdmin(DeskAdmin[Airplane]):
    list_display = ["registration", "model", "cabins_laid_out", "seats"]
    list_filter = [("model", AllValuesCheckboxFilter)]
    search_fields = ["registration", "model"]
    fields = [("registration", "model")]
    inlines = [AirplaneCabins]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Airplane]:
        return super().get_queryset(request).prefetch_related("cabins")

    @admin.display(description=gettext_lazy("cabins"))
    def cabins_laid_out(self, airplane: Airplane) -> str:
        return ", ".join(str(cabin) for cabin in airplane.cabins.all())

    @admin.display(description=gettext_lazy("seats"))
    def seats(self, airplane: Airplane) -> int:
        return sum(seat_count(cabin) for cabin in airplane.cabins.all())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:
        """A cabin comes with its seats; where its layout has changed, with new ones."""
        super().save_formset(request, form, formset, change)
        changed = [cabin for cabin, _fields in formset.changed_objects]
        for cabin in [*formset.new_objects, *changed]:
            cabin.seats.all().delete()
            make_seats(cabin)


@admin.register(Seat)
class SeatAdmin(DeskAdmin[Seat]):
    """Exits and blocked seats. Seats come and go with their cabin, and their places stay."""

    list_display = ["airplane", "cabin", "seat", "is_exit_row", "blocked_for"]
    list_editable = ["is_exit_row", "blocked_for"]
    list_display_links = ["seat"]
    list_filter = [
        ("cabin__airplane", AutocompleteSelectFilter),
        ("cabin__cabin", ChoicesCheckboxFilter),
        "is_exit_row",
        ("blocked_for", ChoicesCheckboxFilter),
    ]
    list_select_related = ["cabin__airplane"]
    search_fields = ["=cabin__airplane__registration", "=row"]
    ordering = ["cabin__airplane__registration", "row", "letter"]
    fields = ["cabin", ("row", "letter"), ("is_exit_row", "blocked_for")]
    readonly_fields = ["cabin", "row", "letter"]

    @admin.display(description=gettext_lazy("airplane"), ordering="cabin__airplane__registration")
    def airplane(self, seat: Seat) -> str:
        return seat.cabin.airplane.registration

    @admin.display(description=gettext_lazy("seat"), ordering="row")
    def seat(self, seat: Seat) -> str:
        return str(seat)

    def save_model(self, request: HttpRequest, obj: Seat, form: Any, change: Any) -> None:
        write_seat(seat=obj, now=timezone.now())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Seat | None = None) -> bool:
        return False
