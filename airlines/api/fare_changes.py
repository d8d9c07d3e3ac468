"""Many fares changed at once, for programs of the airline's staff: previewed, applied, undone."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from airlines.api.filters import FareChangeFilter, FareChangeLineFilter
from airlines.models import CabinClass, FareChange, FareChangeLine
from airlines.services.fare_changes import FareFilter, apply_change, preview_change, totals_of, undo_change
from flights_project.gateway.api.bodies import Body, TextField
from flights_project.gateway.api.fields import MoneyField, PlainDecimalField
from flights_project.gateway.api.resources import SparseFields
from flights_project.gateway.models import User
from flights_project.gateway.pagination import CursorPages
from flights_project.gateway.permissions import StaffRead
from flights_project.lib.money import on_the_wire

FILTERS = tuple(FareFilter.__slots__)


class ChangeTotalsSerializer(serializers.Serializer[Any]):
    """A change in a few numbers; amounts are sums of one adult's fare each."""

    fares = serializers.IntegerField()
    rises = serializers.IntegerField()
    falls = serializers.IntegerField()
    before = MoneyField()
    after = MoneyField()
    at_floor = serializers.IntegerField()
    at_ceiling = serializers.IntegerField()
    by_status = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many fares became what, by the status of their lines."
    )


class FareChangeSerializer(Body):
    """Which fares of flights on sale, and how they change. A filter that is left out fits everything."""

    id = serializers.IntegerField(read_only=True)
    status = serializers.ChoiceField(choices=FareChange.Status.choices, read_only=True)
    origin = TextField(max_length=3, required=False, help_text="Airport code.")
    destination = TextField(max_length=3, required=False, help_text="Airport code.")
    departs_from = serializers.DateField(required=False, help_text="Local date, included.")
    departs_to = serializers.DateField(required=False, help_text="Local date, included.")
    cabin = serializers.ChoiceField(choices=CabinClass.choices, required=False)
    family = TextField(max_length=20, required=False, help_text="Code of the fare family.")
    load_from = serializers.IntegerField(
        min_value=0, max_value=100, required=False, help_text="Percent of seats taken."
    )
    load_to = serializers.IntegerField(min_value=0, max_value=100, required=False)
    amount_from = MoneyField(required=False, help_text="Costs now at least.")
    amount_to = MoneyField(required=False, help_text="Costs now at most.")
    kind = serializers.ChoiceField(choices=FareChange.Kind.choices)
    by = PlainDecimalField(
        max_digits=10,
        decimal_places=2,
        allow_null=True,
        default=None,
        help_text="Percent or amount, down with a minus; null gives the fares back to the pricing rules.",
    )
    round_to = PlainDecimalField(
        max_digits=8, decimal_places=2, min_value=Decimal("0.01"), allow_null=True, default=None
    )
    reason = TextField(max_length=200)
    made_by = serializers.EmailField(read_only=True)
    made_at = serializers.DateTimeField(read_only=True)
    applied_at = serializers.DateTimeField(read_only=True, allow_null=True)
    undone_at = serializers.DateTimeField(read_only=True, allow_null=True)
    totals = ChangeTotalsSerializer(read_only=True, allow_null=True, help_text="Of one change; null in lists.")
    available_actions = serializers.ListField(child=serializers.CharField(), read_only=True)

    def to_representation(self, change: FareChange) -> dict[str, Any]:
        own = {name: getattr(change, name) for name in ("id", "status", "kind", "reason", "made_at", "applied_at")}
        asked = {
            name: on_the_wire(Decimal(value), settings.CURRENCY) if name.startswith("amount") else _typed(name, value)
            for name, value in change.which.items()
        }
        return {
            **own,
            **asked,
            "undone_at": change.undone_at,
            "by": None if change.by is None else f"{change.by:.2f}",
            "round_to": None if change.round_to is None else f"{change.round_to:.2f}",
            "made_by": change.made_by.email,
            "totals": None if self.parent else ChangeTotalsSerializer(totals_of(change)).data,
            "available_actions": ACTIONS[change.status],
        }


ACTIONS: dict[str, list[str]] = {
    FareChange.Status.PREVIEWED: ["apply"],
    FareChange.Status.APPLIED: ["undo"],
    FareChange.Status.UNDONE: [],
}


def _typed(name: str, value: str) -> str | int:
    """As it was asked for: the model keeps it in words."""
    return int(value) if name.startswith("load") else value


class FareChangeLineSerializer(serializers.ModelSerializer[FareChangeLine]):
    """One fare of a change: what it leaves, what it becomes, and what became of it."""

    flight = serializers.IntegerField(source="fare.flight_cabin.flight_id", read_only=True)
    amount_before = MoneyField()
    amount_after = MoneyField()

    class Meta:
        model = FareChangeLine
        fields = ("flight", "fare", "amount_before", "amount_after", "limit", "status")


class NewestFirst(CursorPages):
    ordering = "-pk"


class InTheirOrder(CursorPages):
    ordering = "pk"


class MayChangeFares(StaffRead):
    """To make, apply or undo one takes the right to change a fare, too."""

    perms_map = StaffRead.perms_map | {"POST": ["%(app_label)s.add_%(model_name)s", "airlines.change_flightfare"]}


@extend_schema_view(
    list=extend_schema(responses=FareChangeSerializer(many=True)),
    retrieve=extend_schema(responses=FareChangeSerializer),
)
class FareChangeViewSet(SparseFields, viewsets.GenericViewSet[FareChange]):
    """Changes of many fares, by the airline's staff. A change is previewed, then applied, and undone where the fares
    still cost what it made them; what somebody else has changed meanwhile is left alone and counted."""

    queryset = FareChange.objects.select_related("made_by")
    serializer_class = FareChangeSerializer
    permission_classes = (MayChangeFares,)
    pagination_class = NewestFirst
    filterset_class = FareChangeFilter
    paged_actions = ("list", "lines")
    lookup_value_regex = "[0-9]+"

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(FareChangeSerializer(page, many=True).data)

    def retrieve(self, request: Request, pk: int) -> Response:
        return self._answer(self.get_object())

    @extend_schema(request=FareChangeSerializer, responses={201: FareChangeSerializer})
    def create(self, request: Request) -> Response:
        """Preview a change of many fares: a line for each fare that it would touch. No price changes. It can be applied
        for an hour."""
        asked = FareChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        typed = asked.validated_data
        which = FareFilter(**{name: typed.pop(name) for name in FILTERS if name in typed})
        change = preview_change(which=which, **typed, user=cast("User", request.user), now=timezone.now())
        return self._answer(change, status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=FareChangeSerializer)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: int) -> Response:
        """Give the fares their new prices; those that have changed since the preview are left alone."""
        return self._step(apply_change)

    @extend_schema(request=None, responses=FareChangeSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: int) -> Response:
        """Give the fares back what they cost before; those that have changed since keep their price."""
        return self._step(undo_change)

    @extend_schema(responses=FareChangeLineSerializer(many=True))
    @action(
        detail=True,
        pagination_class=InTheirOrder,
        filterset_class=FareChangeLineFilter,
        serializer_class=FareChangeLineSerializer,
    )
    def lines(self, request: Request, pk: int) -> Response:
        """Each fare of the change, with what became of it."""
        change = get_object_or_404(self.get_queryset(), pk=pk)
        lines: QuerySet[Any] = change.lines.select_related("fare__flight_cabin")
        page: Any = self.paginate_queryset(self.filter_queryset(lines))
        return self.get_paginated_response(FareChangeLineSerializer(page, many=True).data)

    def _step(self, step: Callable[..., FareChange]) -> Response:
        return self._answer(step(change=self.get_object(), now=timezone.now()))

    def _answer(self, change: FareChange, code: int = status.HTTP_200_OK) -> Response:
        return Response(FareChangeSerializer(change).data, code)
