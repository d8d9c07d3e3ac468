"""Whoever calls, by name: for limits, and to know a request when it is repeated."""

from enum import StrEnum

from django.contrib.auth.models import AnonymousUser
from rest_framework.request import Request

from flights_project.gateway.addresses import address_of
from flights_project.gateway.models import ApiKey


class Caller(StrEnum):
    ADDRESS = "address"
    USER = "user"
    KEY = "key"
    NAME = "name"
    """What somebody claims: the e-mail address of a log-in, the locator of a booking; tried from many addresses."""
    FAMILY = "family"
    """A family name, tried with many locators."""


def caller_of(request: Request) -> tuple[Caller, str]:
    """The kind of caller, and which one. Keys of one owner are told apart from each other and from their login."""
    if isinstance(request.auth, ApiKey):
        return Caller.KEY, str(request.auth.pk)
    if isinstance(request.user, AnonymousUser):
        return Caller.ADDRESS, address_of(request)
    return Caller.USER, str(request.user.pk)
