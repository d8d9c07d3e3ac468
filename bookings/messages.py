"""What pages say of each error that states a fact; the API's table is in `flights_project/api.py`."""

from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from airlines.exceptions import FlightClosed, NotOnSale, OfferExpired, OfferInvalid, PriceChanged, SeatsGone
from bookings.exceptions import (
    AlreadyBooked,
    BookingLimitReached,
    BookingNotFound,
    ChangeClosed,
    ChangeRenewed,
    CheckInClosed,
    ExitRowNotAllowed,
    FlightsDoNotFit,
    GatewayUnknown,
    HoldExpired,
    InfantHasNoSeat,
    MinorsAlone,
    NameNotCorrectable,
    NotCancellable,
    NothingProposed,
    NothingToSend,
    NothingToWaive,
    NotPayable,
    NotReleasable,
    PaymentRunning,
    QuoteExpired,
    QuoteOutdated,
    SeatChoiceClosed,
    SeatChoiceNotIncluded,
    SeatNotAvailable,
    SeatOrderLapsed,
    SeatTaken,
    TooManyHolds,
    TravellerElsewhere,
)
from bookings.services.seating import Seated
from bookings.services.togetherness import Arrangement, Plan
from flights_project.gateway.idempotency import RequestInProgress
from flights_project.gateway.limits import LimitsUnavailable
from flights_project.gateway.templatetags.flights import money
from flights_project.lib.errors import DomainError

WORDS: dict[type[DomainError], str | Promise] = {
    OfferInvalid: gettext_lazy("This link to an offer is not complete. Search again to find the flight."),
    OfferExpired: gettext_lazy(
        "Prices are kept for a while only, and this one has lapsed. Search again for the price of now."
    ),
    NotOnSale: gettext_lazy("A flight of this journey is no longer on sale."),
    SeatsGone: gettext_lazy("Somebody was faster: there are not enough seats left on this flight for all of you."),
    AlreadyBooked: gettext_lazy(
        "%(traveller)s already has a seat on one of these flights. Look at your trips before you book again."
    ),
    TravellerElsewhere: gettext_lazy("%(traveller)s is booked on %(flight)s, which flies at the same time."),
    BookingLimitReached: gettext_lazy(
        "You have made as many bookings as one person may in a quarter of the year. Nothing was booked."
    ),
    TooManyHolds: gettext_lazy(
        "You hold seats that are not paid yet. Pay for them or let them go before you hold more."
    ),
    HoldExpired: gettext_lazy(
        "The time to pay has run out, and the seats were given back. Nothing was charged: search again to book."
    ),
    SeatOrderLapsed: gettext_lazy(
        "The time to pay for these seats has run out. Nothing was charged, and everybody keeps the seat that they had."
    ),
    NotPayable: gettext_lazy("This booking is not waiting for a payment. Nothing was charged."),
    NotReleasable: gettext_lazy("This booking cannot be let go now: it is paid, being paid, or has ended."),
    NotCancellable: gettext_lazy("There is nothing in what you chose that can be cancelled."),
    MinorsAlone: gettext_lazy("This would leave a child or infant to fly without an adult. Cancel them too."),
    NameNotCorrectable: gettext_lazy(
        "The booking is over, or this traveller has checked in or flown: the name stays as it is."
    ),
    NothingToWaive: gettext_lazy("Nothing was kept of this booking that could be given back."),
    NothingToSend: gettext_lazy("This booking is over: there is nothing to send."),
    QuoteExpired: gettext_lazy("This calculation has expired, and nothing was cancelled. Look at a new one."),
    QuoteOutdated: gettext_lazy("The booking has changed since, and nothing was cancelled. Look at a new calculation."),
    ChangeClosed: gettext_lazy("This has been answered already. Look at the trip as it is now."),
    ChangeRenewed: gettext_lazy("We have changed this again. Look at it as it is now, and choose once more."),
    NothingProposed: gettext_lazy("There is nothing to accept yet. Choose another flight, or the money back."),
    FlightsDoNotFit: gettext_lazy("These flights cannot be flown in the place of yours any more. Choose others."),
    PaymentRunning: gettext_lazy("A payment for this booking is still running. We did not start a second one."),
    GatewayUnknown: gettext_lazy("This way to pay is not open. Nothing was charged."),
    SeatTaken: gettext_lazy("Somebody was faster: this seat is taken. Nothing was changed, choose another one."),
    SeatNotAvailable: gettext_lazy("This seat cannot be chosen. Nothing was changed, choose another one."),
    ExitRowNotAllowed: gettext_lazy(
        "%(traveller)s may not sit at an exit: children and adults with an infant on the lap have to sit elsewhere."
    ),
    SeatChoiceClosed: gettext_lazy("Seats of this flight can no longer be chosen here."),
    SeatChoiceNotIncluded: gettext_lazy("Seat choice is not included in this fare. You get a seat at check-in."),
    BookingNotFound: gettext_lazy("No booking has this code and this family name."),
    LimitsUnavailable: gettext_lazy(
        "Attempts cannot be counted at the moment, so none is allowed. Try again in a minute."
    ),
    CheckInClosed: gettext_lazy("No flight of this booking is open for check-in now."),
    FlightClosed: gettext_lazy("This flight has left, has landed or is cancelled."),
    InfantHasNoSeat: gettext_lazy("An infant sits on the lap of its adult and has no seat of its own."),
    RequestInProgress: gettext_lazy(
        "We are working on your booking. If it does not show here in a moment, nothing was booked: search again."
    ),
}

WITHOUT_NAMES = {"traveller": gettext_lazy("One of these travellers"), "flight": gettext_lazy("another flight")}
"""For errors that do not know whom they are about, such as those that a constraint found."""

DECLINES: dict[str, str | Promise] = {
    "card_declined": gettext_lazy("Your bank declined the card."),
    "challenge_expired": gettext_lazy("The time to confirm the payment with your bank ran out."),
    "insufficient_funds": gettext_lazy("There is not enough money on the card."),
    "expired_card": gettext_lazy("The card has expired."),
    "incorrect_cvc": gettext_lazy("The card's security code is not right."),
    "payment_intent_authentication_failure": gettext_lazy("Your bank did not get your confirmation."),
    "gateway_unreachable": gettext_lazy("We could not reach the bank. Try again in a moment."),
    "never_received": gettext_lazy("The payment did not reach your bank."),
    "invalid_token": gettext_lazy("The card is not known."),
}


def words_for(error: DomainError) -> str:
    """What a page says of `error`; its own words where the table has none."""
    if isinstance(error, PriceChanged):
        return price_change_in_words(error)
    if isinstance(error, SeatsGone) and error.facts.get("seats_left"):
        return seats_left_in_words(error.facts["seats_left"])
    if isinstance(error, AlreadyBooked | TravellerElsewhere) and "flight" not in error.facts:
        return _("%(traveller)s cannot be booked on this journey.") % (WITHOUT_NAMES | error.facts)
    words = WORDS.get(type(error))
    return str(error) if words is None else str(words) % (WITHOUT_NAMES | error.facts)


def words_for_code(code: str) -> str:
    """As `words_for`, of an error of which only the code was kept; nothing for no code."""
    words = next((words for error, words in WORDS.items() if error.code == code), code)
    return str(words) % WITHOUT_NAMES if code else ""


def price_change_in_words(error: PriceChanged) -> str:
    return _(
        "The price has changed from %(before)s to %(now)s. Nothing was charged: pay only if you agree to the new price."
    ) % {
        "before": money(Decimal(error.facts["previous_total"]["amount"])),
        "now": money(Decimal(error.facts["total"]["amount"])),
    }


def seats_left_in_words(count: int) -> str:
    return ngettext(
        "Somebody was faster: only %(count)d seat is left on this flight, too few for all of you.",
        "Somebody was faster: only %(count)d seats are left on this flight, too few for all of you.",
        count,
    ) % {"count": count}


def decline_in_words(code: str) -> str:
    """Why a payment failed, as far as the gateway says."""
    return str(DECLINES.get(code, _("The payment did not succeed.")))


def seated_in_words(seated: Seated) -> str:
    """What "seat us together" did on a flight, and why it is not better."""
    plan, count = seated.plan, len(seated.seats)
    sentences = [_arranged(plan, count), *_children(plan)]
    if plan.exits_left_out and plan.arrangement not in (Arrangement.SIDE_BY_SIDE, Arrangement.KEPT):
        sentences.append(_("Children, and adults with an infant on the lap, may not sit at an exit."))
    return " ".join(sentences)


def _arranged(plan: Plan, count: int) -> str:
    facts = {"rows": _listed(plan.rows), "count": count}
    if count == 1 and plan.places:
        [place] = plan.places.values()
        return _("Seat %(seat)s is yours.") % {"seat": place.name}
    match plan.arrangement:
        case Arrangement.KEPT:
            words = _("You sit side by side in row %(rows)s already, so nothing was changed.")
        case Arrangement.SIDE_BY_SIDE:
            words = _("You sit side by side in row %(rows)s.")
        case Arrangement.SAME_ROW:
            words = _("You all sit in row %(rows)s. No row has %(count)d free seats side by side without an aisle.")
        case Arrangement.NEIGHBOURING_ROWS | Arrangement.APART if plan.moved_for_children:
            words = _("You sit in rows %(rows)s, so that children sit beside an adult.")
        case Arrangement.NEIGHBOURING_ROWS:
            words = _("You sit in rows %(rows)s, as close as it goes. No row has %(count)d free seats for you.")
        case Arrangement.APART:
            words = _("You sit in rows %(rows)s. No rows next to each other have %(count)d free seats for you.")
        case _:
            words = _("There are not %(count)d free seats that you may all take, so nothing was changed.")
    return words % facts


def _children(plan: Plan) -> list[str]:
    if plan.children_alone:
        return [
            ngettext(
                "%(count)d child sits in a row without an adult of your party: free seats do not allow better.",
                "%(count)d children sit in rows without an adult of your party: free seats do not allow better.",
                plan.children_alone,
            )
            % {"count": plan.children_alone}
        ]
    if plan.children_not_beside:
        return [_("Not every child has an adult right beside it, but each has one in its row.")]
    return []


def _listed(rows: list[int]) -> str:
    """`12`, `12 and 13`, `4, 9 and 20`."""
    *first, last = [str(row) for row in rows] or [""]
    return _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last
