"""Facts about what was sold."""

from flights_project.lib.errors import DomainError


class AlreadyBooked(DomainError):
    """`facts["traveller"]` names who; `facts["flight"]` is the flight, for those who may see the booking it is of."""

    code = "already_booked"
    title = "A traveller of this booking cannot be booked on this journey."


class BookingLimitReached(DomainError):
    code = "booking_limit_reached"
    title = "You have made as many bookings as one person may in this quarter."


class AccountInUse(DomainError):
    """`facts["bookings"]` are the locators of those that are not over."""

    code = "account_in_use"
    title = "This account has a trip ahead, or money under way. Close it when that is over."


class BookingNotFound(DomainError):
    """Whether the locator or the name was wrong is not said."""

    code = "booking_not_found"
    title = "No booking has this code and this family name."


class TooManyHolds(DomainError):
    code = "too_many_holds"
    title = "There are too many unpaid holds. Pay one or let one go."


class HoldExpired(DomainError):
    code = "hold_expired"
    title = "The time to pay for this booking has run out and its seats were given back."


class SeatOrderLapsed(DomainError):
    code = "seat_order_lapsed"
    title = "The time to pay for these seats has run out and others can choose them."


class NotPayable(DomainError):
    code = "not_payable"
    title = "This booking is not waiting for a payment."


class NotReleasable(DomainError):
    code = "not_releasable"
    title = "Only a held booking without a running payment can be let go."


class PaymentRunning(DomainError):
    code = "payment_running"
    title = "A payment for this booking is still running."


class GatewayUnknown(DomainError):
    code = "gateway_unknown"
    title = "There is no payment gateway with this name."


class TravellerElsewhere(DomainError):
    """`facts["traveller"]` names who; `facts["flight"]` is the flight, for those who may see the booking it is of."""

    code = "traveller_elsewhere"
    title = "A traveller of this booking cannot be booked on this journey."


class NotCancellable(DomainError):
    code = "not_cancellable"
    title = "There is nothing in what you chose that can be cancelled."


class MinorsAlone(DomainError):
    code = "minors_alone"
    title = "This would leave a child or infant to fly without an adult."


class NameNotCorrectable(DomainError):
    code = "name_not_correctable"
    title = "The booking is over, or this traveller has checked in or flown: the name stays as it is."


class NotDividable(DomainError):
    code = "not_dividable"
    title = "This booking cannot be split now."


class NothingToWaive(DomainError):
    code = "nothing_to_waive"
    title = "Nothing was kept of this booking that could be given back."


class NothingToSend(DomainError):
    code = "nothing_to_send"
    title = "This booking is over: there is nothing to send."


class QuoteExpired(DomainError):
    code = "quote_expired"
    title = "This quote has expired. Ask for a new one."


class QuoteOutdated(DomainError):
    code = "quote_outdated"
    title = "There is a newer quote, or the booking has changed since. Ask for a new one."


class ChangeClosed(DomainError):
    code = "change_closed"
    title = "This change has been answered, or there is nothing of it to choose about any more."


class ChangeRenewed(DomainError):
    code = "change_renewed"
    title = "The airline has changed this again since you read it. Read it again, and decide again."


class NothingProposed(DomainError):
    code = "nothing_proposed"
    title = "There is nothing to accept: the flight does not go, and no other one is proposed."


class FlightsDoNotFit(DomainError):
    code = "flights_do_not_fit"
    title = "These flights do not lead from where the change begins to where this part of the journey ends, in time."


class SeatTaken(DomainError):
    """`facts["seat"]` and `facts["flight"]` say which, where one is to blame."""

    code = "seat_taken"
    title = "Somebody else has this seat."


class SeatNotAvailable(DomainError):
    """Blocked, in another cabin, or not in this airplane. `facts["seat"]` and `facts["flight"]` say which."""

    code = "seat_not_available"
    title = "This seat cannot be chosen on this flight."


class ExitRowNotAllowed(DomainError):
    """`facts["traveller"]` names who, `facts["seat"]` where."""

    code = "exit_row_not_allowed"
    title = "Children, and adults with an infant on their lap, may not sit at an exit."


class SeatChoiceClosed(DomainError):
    code = "seat_choice_closed"
    title = "Seats of this flight can no longer be chosen."


class SeatChoiceNotIncluded(DomainError):
    code = "seat_choice_not_included"
    title = "Seat choice is not included in this fare."


class CheckInClosed(DomainError):
    code = "check_in_closed"
    title = "No flight of this booking is open for check-in now."


class InfantHasNoSeat(DomainError):
    code = "infant_has_no_seat"
    title = "An infant sits on the lap of its adult and has no seat of its own."


class ReportExpired(DomainError):
    code = "report_expired"
    title = "This list is not there any more. Ask for it again."


class ScheduleOvertaken(DomainError):
    code = "schedule_overtaken"
    title = "Something has changed since this was shown: look at what would happen now."
