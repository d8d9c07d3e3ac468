"""Bookings and payments on the wire."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from airlines.api.offers import ConditionsSerializer, PriceSerializer, SliceSerializer
from airlines.models import CabinClass
from airlines.services.fleet import SeatPosition
from bookings.models import Booking, CancellationQuote, Coupon, Document, Passenger, Payment, Refund
from bookings.services.holds import PHONE, Contact
from bookings.services.seat_maps import SeatState
from bookings.services.togetherness import Arrangement
from bookings.services.travellers import Traveller, as_printed
from flights_project.gateway.api.bodies import Body, TextField
from flights_project.gateway.api.fields import MoneyField


class NameField(TextField):
    """A given or family name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=60, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return as_printed(super().to_internal_value(data))


class PassengerInputSerializer(Body):
    """`with_adult` is for infants: the position, from 0, of the adult on whose lap they sit."""

    type = serializers.ChoiceField(choices=Passenger.Type.choices)
    title = serializers.ChoiceField(choices=Passenger.Title.choices, required=False, allow_blank=True, default="")
    given_name = NameField()
    family_name = NameField()
    born_on = serializers.DateField()
    with_adult = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=8)


class ContactSerializer(Body):
    email = serializers.EmailField(max_length=254)
    phone = serializers.RegexField(
        PHONE, required=False, allow_blank=True, default="", help_text="Digits and + ( ) / . -"
    )


class HoldSerializer(Body):
    """What it takes to hold an offer."""

    offer = TextField()
    passengers = serializers.ListField(
        child=PassengerInputSerializer(), min_length=1, max_length=settings.TRAVELLERS_PER_BOOKING
    )
    contact = ContactSerializer()

    @property
    def travellers(self) -> list[Traveller]:
        return [Traveller(**passenger) for passenger in self.validated_data["passengers"]]

    @property
    def whom_to_tell(self) -> Contact:
        return Contact(**self.validated_data["contact"])


class TicketSerializer(serializers.Serializer[Any]):
    number = serializers.CharField(help_text="13 digits: airline code and serial.")
    check_digit = serializers.IntegerField(help_text="The number modulo 7.")
    passenger = serializers.IntegerField(help_text="Position of the traveller, from 0.")
    issued_at = serializers.DateTimeField()


class PassengerSerializer(serializers.ModelSerializer[Passenger]):
    class Meta:
        model = Passenger
        fields = ["position", "type", "title", "given_name", "family_name", "born_on", "with_adult"]


class SeatOfFlightSerializer(serializers.Serializer[Any]):
    flight = serializers.IntegerField(help_text="Id of the flight.")
    seat = serializers.CharField(allow_null=True, help_text="`12A`; null where none is chosen.")
    fee = MoneyField(allow_null=True, help_text="What was charged for choosing it, within the total.")


class CouponSerializer(serializers.Serializer[Any]):
    flight = serializers.IntegerField(help_text="Id of the flight.")
    slice = serializers.IntegerField(help_text="Position of the slice, from 0.")
    status = serializers.ChoiceField(
        choices=[choice for choice in Coupon.Status.choices if choice[0] != Coupon.Status.EXCHANGED]
    )


class BookedPassengerSerializer(PassengerSerializer):
    """`coupons` say what has become of each flight of the traveller. `seats` are those of the flights that the
    traveller is booked on; infants have none."""

    coupons = CouponSerializer(many=True, read_only=True)
    seats = SeatOfFlightSerializer(many=True, read_only=True)

    class Meta(PassengerSerializer.Meta):
        fields = [*PassengerSerializer.Meta.fields, "coupons", "seats"]


class SeatChoiceSerializer(Body):
    flight = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="Id of the flight.")
    passenger = serializers.IntegerField(min_value=0, max_value=8, help_text="Position of the traveller, from 0.")
    seat = serializers.RegexField(
        r"^[1-9][0-9]?[A-HJ-Ka-hj-k]\Z", allow_null=True, help_text="`12A`; null lets the seat go."
    )


class SeatChoicesSerializer(Body):
    """All of it or nothing; two travellers may swap."""

    seats = serializers.ListField(child=SeatChoiceSerializer(), min_length=1, max_length=100)

    def validate_seats(self, seats: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({(choice["flight"], choice["passenger"]) for choice in seats}) != len(seats):
            raise serializers.ValidationError("A traveller is named twice for a flight.")
        return seats

    @property
    def choices(self) -> dict[tuple[int, int], str | None]:
        return {(each["flight"], each["passenger"]): each["seat"] for each in self.validated_data["seats"]}


class SeatedSerializer(serializers.Serializer[Any]):
    """What was done on a flight, and why it is not better."""

    flight = serializers.IntegerField(help_text="Id of the flight.")
    arrangement = serializers.ChoiceField(choices=[each.value for each in Arrangement])
    explanation = serializers.CharField()


class MapSeatSerializer(serializers.Serializer[Any]):
    seat = serializers.CharField(help_text="`12A`")
    row = serializers.IntegerField()
    column = serializers.CharField()
    position = serializers.ChoiceField(choices=[each.value for each in SeatPosition])
    state = serializers.ChoiceField(choices=[each.value for each in SeatState])
    exit_row = serializers.BooleanField()
    passenger = serializers.IntegerField(allow_null=True, help_text="Who of your booking has it.")


class SeatMapSerializer(serializers.Serializer[Any]):
    """`columns` are the letters of a row, grouped by aisles; `seats` go from front to back."""

    flight = serializers.IntegerField(help_text="Id of the flight.")
    cabin = serializers.ChoiceField(choices=CabinClass.choices)
    columns = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    seats = MapSeatSerializer(many=True)


class OrderedSeatSerializer(serializers.Serializer[Any]):
    flight = serializers.IntegerField(help_text="Id of the flight.")
    passenger = serializers.IntegerField(help_text="Position of the traveller, from 0.")
    seat = serializers.CharField(allow_null=True, help_text="`12A`; null makes room for a companion.")
    fee = MoneyField()


class SeatOrderSerializer(serializers.Serializer[Any]):
    """Seats chosen after the tickets were issued: kept until `payment_required_by`, taken once `amount` is paid by
    `POST payments/`. Another choice takes its place."""

    id = serializers.UUIDField()
    amount = MoneyField()
    payment_required_by = serializers.DateTimeField()
    seats = OrderedSeatSerializer(many=True)


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    """`started` means that the gateway has not answered yet: read the booking again, do not pay again.
    Where `challenge_url` is set, the traveller has to go there first."""

    amount = MoneyField()

    class Meta:
        model = Payment
        fields = [
            "id",
            "status",
            "amount",
            "gateway",
            "decline_code",
            "challenge_url",
            "started_at",
            "answered_at",
        ]


class RefundSerializer(serializers.ModelSerializer[Refund]):
    """`started` is on its way, `succeeded` is with the gateway that took the money."""

    amount = MoneyField()

    class Meta:
        model = Refund
        fields = ["id", "payment", "amount", "status", "reason", "started_at", "paid_at"]


class PaySerializer(Body):
    gateway = TextField(max_length=20)
    token = TextField(max_length=200, help_text="The gateway's name for the card or account.")
    total = MoneyField(
        required=False, help_text="What you expect to pay. Where something else is due, nothing is charged: 409."
    )


class CancellationSerializer(Body):
    """What to cancel: positions from 0. What is left out means all; what is named has to be there."""

    passengers = serializers.ListField(
        child=serializers.IntegerField(min_value=0), required=False, min_length=1, max_length=9
    )
    slices = serializers.ListField(
        child=serializers.IntegerField(min_value=0), required=False, min_length=1, max_length=6
    )


class CancellationQuoteSerializer(serializers.ModelSerializer[CancellationQuote]):
    """`refund` comes back and `penalty` is kept, of all that these `passengers` have left on these `slices`. Confirm it
    before it expires; only the newest can be confirmed."""

    refund = MoneyField()
    penalty = MoneyField()
    passengers = serializers.ListField(
        child=serializers.IntegerField(), help_text="Positions of whom it cancels, infants with their adults."
    )
    slices = serializers.ListField(child=serializers.IntegerField(), help_text="Positions of what it cancels of them.")

    class Meta:
        model = CancellationQuote
        fields = ["id", "passengers", "slices", "refund", "penalty", "quoted_at", "expires_at", "confirmed_at"]


class DocumentSerializer(serializers.Serializer[Any]):
    document = serializers.ChoiceField(choices=Document.choices)
    url = serializers.CharField(help_text="Where to GET the file, with the same credentials.")


class BookingSerializer(serializers.Serializer[Any]):
    """A booking as its owner sees it; made by `presentation.booking_as_dict`."""

    locator = serializers.CharField()
    status = serializers.ChoiceField(choices=Booking.Status.choices)
    total = MoneyField(help_text="What was sold, cancelled parts too; `paid` less `refunded` is what it costs now.")
    price = PriceSerializer()
    cabin = serializers.ChoiceField(choices=CabinClass.choices)
    family = serializers.CharField()
    conditions = ConditionsSerializer()
    held_at = serializers.DateTimeField()
    price_guaranteed_until = serializers.DateTimeField()
    payment_required_by = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    contact = ContactSerializer()
    slices = SliceSerializer(many=True)
    passengers = BookedPassengerSerializer(many=True)
    tickets = TicketSerializer(many=True)
    payments = PaymentSerializer(many=True)
    refunds = RefundSerializer(many=True)
    paid = MoneyField(help_text="What was taken, by all payments.")
    refunded = MoneyField(help_text="What of it went back or is on its way.")
    documents = DocumentSerializer(many=True)
    seat_order = SeatOrderSerializer(allow_null=True)
    available_actions = serializers.ListField(
        child=serializers.ChoiceField(choices=["pay", "release", "answer_change", "choose_seats", "check_in", "cancel"])
    )


class SeatedBookingSerializer(serializers.Serializer[Any]):
    booking = BookingSerializer()
    flights = SeatedSerializer(many=True)
