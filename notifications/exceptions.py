"""Facts about what programs are told."""

from flights_project.lib.errors import DomainError


class EventsForgotten(DomainError):
    """`facts["earliest"]` is what to ask `after` to go on; what lies between has to be read from the bookings."""

    code = "events_forgotten"
    title = "Events after this one are older than they are kept."


class TooManyEndpoints(DomainError):
    code = "too_many_endpoints"
    title = "There are as many webhook endpoints as one integrator may have."


class EndpointNotEnabled(DomainError):
    code = "endpoint_not_enabled"
    title = "Nothing is sent to this endpoint. Enable it first."
