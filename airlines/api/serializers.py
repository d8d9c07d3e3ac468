"""The network, fleet and flights on the wire."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from airlines.models import (
    Airplane,
    Airport,
    Cabin,
    CabinClass,
    City,
    FareFamily,
    Flight,
    FlightCabin,
    FlightFare,
)
from airlines.services import fares, fleet, scheduling
from flights_project.gateway.api.bodies import Body, ModelBody, TextField
from flights_project.gateway.api.fields import MoneyField
from flights_project.lib import clock


class CitySerializer(ModelBody[City]):
    class Meta:
        model = City
        fields = ["id", "code", "name", "country"]


class AirportSerializer(ModelBody[Airport]):
    city = serializers.SlugRelatedField(slug_field="code", queryset=City.objects.all(), help_text="The city's code.")

    class Meta:
        model = Airport
        fields = ["id", "iata", "icao", "name", "city", "latitude", "longitude", "zone"]


class CabinSerializer(ModelBody[Cabin]):
    seats = serializers.SerializerMethodField(help_text="How many the layout makes.")
    exit_rows = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        required=False,
        write_only=True,
        max_length=10,
        help_text="Rows at an exit; the seat map of a flight shows them.",
    )

    class Meta:
        model = Cabin
        fields = ["cabin", "first_row", "last_row", "layout", "seats", "exit_rows"]

    def get_seats(self, cabin: Cabin) -> int:
        return fleet.seat_count(cabin)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["last_row"] < attrs["first_row"]:
            raise serializers.ValidationError({"last_row": "The last row is not before the first."})
        return attrs


class AirplaneSerializer(ModelBody[Airplane]):
    """Seats are made from the cabins' layout. The cabins of an existing airplane stay as they are."""

    cabins = CabinSerializer(many=True)

    class Meta:
        model = Airplane
        fields = ["id", "registration", "model", "cabins"]

    def validate_cabins(self, cabins: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not cabins:
            raise serializers.ValidationError("An airplane has at least one cabin.")
        return cabins

    def create(self, validated_data: dict[str, Any]) -> Airplane:
        plans = [fleet.CabinPlan(**cabin) for cabin in validated_data.pop("cabins")]
        return fleet.add_airplane(**validated_data, cabins=plans)

    def update(self, instance: Airplane, validated_data: dict[str, Any]) -> Airplane:
        if "cabins" in validated_data:
            self._refuse_other_cabins(instance, validated_data.pop("cabins"))
        return super().update(instance, validated_data)

    def _refuse_other_cabins(self, airplane: Airplane, cabins: list[dict[str, Any]]) -> None:
        fields = ("cabin", "first_row", "last_row", "layout")
        fitted = {tuple(row) for row in airplane.cabins.values_list(*fields)}
        if {tuple(cabin[field] for field in fields) for cabin in cabins} != fitted:
            raise serializers.ValidationError(
                {"cabins": "The cabins of an airplane in service cannot be changed. Add another airplane."}
            )


class FareFamilySerializer(ModelBody[FareFamily]):
    change_fee = MoneyField(allow_null=True, required=False, help_text="null: not changeable.")
    seat_fee = MoneyField(
        allow_null=True,
        required=False,
        help_text="For each seat and flight where seat choice is not included; null: no seat choice.",
    )

    class Meta:
        model = FareFamily
        fields = [
            "id",
            "code",
            "name",
            "position",
            "cabin_bag_kg",
            "checked_bag_kg",
            "seat_choice_included",
            "seat_fee",
            "refund_percent",
            "change_fee",
            "child_percent",
            "infant_percent",
        ]


class FlightCabinSerializer(serializers.ModelSerializer[FlightCabin]):
    seats = serializers.IntegerField(source="capacity")

    class Meta:
        model = FlightCabin
        fields = ["cabin", "seats", "seats_left"]


class FlightFareSerializer(ModelBody[FlightFare]):
    """A price for one adult, without taxes."""

    cabin = serializers.ChoiceField(choices=CabinClass.choices, source="flight_cabin.cabin", read_only=True)
    family = serializers.SlugRelatedField[FareFamily](slug_field="code", read_only=True)
    amount = MoneyField()
    instead_of = MoneyField(
        write_only=True, required=False, help_text="What the fare costs as you know it; with another amount it stays."
    )
    reason = TextField(
        write_only=True, required=False, allow_blank=True, max_length=200, help_text="Kept in the history."
    )

    class Meta:
        model = FlightFare
        fields = ["id", "cabin", "family", "amount", "instead_of", "reason"]

    def update(self, instance: FlightFare, validated_data: dict[str, Any]) -> FlightFare:
        return fares.change_fare(fare=instance, **validated_data) if "amount" in validated_data else instance


class FareHistorySerializer(serializers.Serializer[Any]):
    """One change of a price."""

    changed_at = serializers.DateTimeField(source="pgh_created_at")
    amount = MoneyField()
    previous_amount = MoneyField(allow_null=True)
    priced_by = serializers.ChoiceField(choices=FlightFare.PricedBy.choices)
    reason = serializers.CharField()
    by = serializers.EmailField(allow_null=True, help_text="null where the pricing rules did it.")
    door = serializers.SerializerMethodField(help_text="api, desk or worker.")

    def get_door(self, event: Any) -> str | None:
        return (event.pgh_context or {}).get("door")


class FarePlanSerializer(Body):
    """A price to sell at; as it is read, it has its `id` too."""

    id = serializers.IntegerField(read_only=True)
    cabin = serializers.ChoiceField(choices=CabinClass.choices)
    family = serializers.SlugRelatedField(slug_field="code", queryset=FareFamily.objects.all())
    amount = MoneyField()


@extend_schema_field(FlightFareSerializer(many=True))
class FlightFaresField(serializers.Field[Any, Any, Any, Any]):
    """Written as plans, read with the ids they got."""

    def get_attribute(self, instance: Flight) -> list[FlightFare]:
        return [fare for cabin in instance.cabins.all() for fare in cabin.fares.all()]

    def to_representation(self, value: list[FlightFare]) -> Any:
        return FlightFareSerializer(value, many=True).data

    def to_internal_value(self, data: Any) -> list[scheduling.FarePlan]:
        plans = FarePlanSerializer(data=data, many=True)
        plans.is_valid(raise_exception=True)
        return [scheduling.FarePlan(**plan) for plan in plans.validated_data]


class FlightSerializer(ModelBody[Flight]):
    """A flight, on sale at once where it has fares. Times are UTC; the local ones stand beside them."""

    origin = serializers.SlugRelatedField[Airport](slug_field="iata", queryset=Airport.objects.select_related("city"))
    destination = serializers.SlugRelatedField[Airport](
        slug_field="iata", queryset=Airport.objects.select_related("city")
    )
    departs_at_local = serializers.SerializerMethodField()
    arrives_at_local = serializers.SerializerMethodField()
    cabins = FlightCabinSerializer(many=True, read_only=True)
    fares = FlightFaresField(required=False)

    class Meta:
        model = Flight
        fields = [
            "id",
            "number",
            "airline",
            "airplane",
            "origin",
            "destination",
            "departs_at",
            "arrives_at",
            "departs_at_local",
            "arrives_at_local",
            "departs_on",
            "origin_terminal",
            "destination_terminal",
            "status",
            "cabins",
            "fares",
        ]
        read_only_fields = ["airline", "departs_on", "status"]

    def validate_fares(self, fares: list[scheduling.FarePlan]) -> list[scheduling.FarePlan]:
        if fares and not self.context["request"].user.has_perm("airlines.change_flightfare"):
            raise PermissionDenied
        return fares

    def get_departs_at_local(self, flight: Flight) -> str:
        return flight.departs_at.astimezone(clock.zone(flight.origin.zone)).isoformat()

    def get_arrives_at_local(self, flight: Flight) -> str:
        return flight.arrives_at.astimezone(clock.zone(flight.destination.zone)).isoformat()

    def create(self, validated_data: dict[str, Any]) -> Flight:
        return scheduling.schedule_flight(now=timezone.now(), **validated_data)

    def update(self, instance: Flight, validated_data: dict[str, Any]) -> Flight:
        return scheduling.amend_flight(flight=instance, now=timezone.now(), **validated_data)


class PlaceSerializer(serializers.Serializer[Any]):
    """An airport, a city of several airports, or a country."""

    code = serializers.CharField(help_text="IATA's for an airport or city; ISO 3166-1, two letters, for a country.")
    name = serializers.CharField()
    city = serializers.CharField(help_text="Empty for a country.")
    country = serializers.CharField(help_text="ISO 3166-1, two letters.")
    country_name = serializers.CharField()
    kind = serializers.ChoiceField(choices=["airport", "city", "country"])
    airports = serializers.ListField(child=serializers.CharField(), help_text="Those found, of a city of several.")


class PlacesSerializer(serializers.Serializer[Any]):
    results = PlaceSerializer(many=True)
