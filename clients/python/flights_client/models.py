"""What the API says and wants to hear, as far as a program that sells needs it. The whole is `docs/openapi.yaml`."""

from typing import Any, Literal, NotRequired, TypedDict


class Money(TypedDict):
    amount: str
    currency: str


class Segment(TypedDict):
    flight: int
    number: str
    origin: str
    destination: str
    departs_at: str
    arrives_at: str
    departs_at_local: str
    arrives_at_local: str
    duration: str


class Slice(TypedDict):
    duration: str
    stops: int
    segments: list[Segment]


class Offer(TypedDict):
    offer: str
    total: Money
    cabin: str
    family: str
    seats_left: int
    slices: list[Slice]


class Passenger(TypedDict):
    type: Literal["adult", "child", "infant"]
    given_name: str
    family_name: str
    born_on: str
    title: NotRequired[str]
    with_adult: NotRequired[int]


class Contact(TypedDict):
    email: str
    phone: NotRequired[str]


class Ticket(TypedDict):
    number: str
    passenger: int


class Payment(TypedDict):
    id: str
    status: Literal["started", "succeeded", "failed", "refunded", "partly_refunded"]
    amount: Money
    gateway: str
    decline_code: str
    challenge_url: str


class Refund(TypedDict):
    """`started` is on its way, `succeeded` is with the gateway that took the money."""

    id: str
    payment: str
    amount: Money
    status: Literal["started", "succeeded"]
    reason: str
    started_at: str
    paid_at: str | None


class Coupon(TypedDict):
    """What has become of a traveller's flight."""

    flight: int
    slice: int
    status: Literal["held", "open", "checked_in", "boarded", "flown", "cancelled"]


class SeatOfFlight(TypedDict):
    flight: int
    seat: str | None
    fee: Money | None


class BookedPassenger(TypedDict):
    position: int
    type: Literal["adult", "child", "infant"]
    title: str
    given_name: str
    family_name: str
    born_on: str
    with_adult: int | None
    coupons: list[Coupon]
    seats: list[SeatOfFlight]


class Booking(TypedDict):
    locator: str
    status: Literal["held", "confirmed", "cancelled", "expired"]
    total: Money
    price_guaranteed_until: str
    payment_required_by: str
    slices: list[Slice]
    passengers: list[BookedPassenger]
    tickets: list[Ticket]
    payments: list[Payment]
    refunds: list[Refund]
    paid: Money
    refunded: Money
    available_actions: list[str]


class CancellationQuote(TypedDict):
    id: str
    passengers: list[int]
    slices: list[int]
    refund: Money
    penalty: Money
    expires_at: str
    confirmed_at: str | None


class Event(TypedDict):
    id: str
    type: str
    timestamp: str
    sequence: int
    data: dict[str, Any]
