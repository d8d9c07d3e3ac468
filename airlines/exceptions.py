"""Facts about what is for sale."""

from flights_project.lib.errors import DomainError


class OfferInvalid(DomainError):
    code = "offer_invalid"
    title = "This offer is not one of ours."


class OfferExpired(DomainError):
    code = "offer_expired"
    title = "This offer has expired. Search again for today's price."


class NotOnSale(DomainError):
    code = "not_on_sale"
    title = "A flight of this offer is no longer on sale."


class SeatsGone(DomainError):
    """`facts["seats_left"]` says how many there are on the fullest flight."""

    code = "seats_gone"
    title = "There are not enough seats left on a flight of this offer."


class PriceChanged(DomainError):
    """`facts["offer"]` is the same journey at the price of now."""

    code = "price_changed"
    title = "The price has changed since this offer was made."


class FareChanged(DomainError):
    """`facts["amount"]` is what the fare costs now, None where it has been taken off sale."""

    code = "fare_changed"
    title = "Somebody has changed this fare since it was read."


class FareChangeExpired(DomainError):
    code = "fare_change_expired"
    title = "This preview is too old: make a new one, and see what it would change now."


class FareChangeDone(DomainError):
    """`facts["status"]` is where the change stands."""

    code = "fare_change_done"
    title = "This change of fares was applied or undone already."


class FlightConflict(DomainError):
    """A flight that cannot be put into the schedule as it is."""

    code = "flight_conflict"
    title = "There is already a flight with this number from this airport on this day."


class FlightClosed(DomainError):
    """Nothing of it can be changed any more."""

    code = "flight_closed"
    title = "This flight has left, has landed or is cancelled."


class LayoutInvalid(DomainError):
    code = "layout_invalid"
    title = "A cabin's layout is letters by column with dashes for aisles, such as ABC-DEF."


class AlreadyFollowed(DomainError):
    code = "already_followed"
    title = "You follow this price already."


class TooManyAlerts(DomainError):
    code = "too_many_alerts"
    title = "You follow as many prices as one person may. Stop one before you follow another."
