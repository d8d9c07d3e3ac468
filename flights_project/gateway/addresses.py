"""The network address that a request came from, and the path that it asked for."""

import re

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from flights_project.lib.addresses import client_address


def address_of(request: HttpRequest | Request) -> str:
    """The client's address as the outermost of our own `NUM_PROXIES` proxies saw it; what a client claims is not it."""
    return client_address(
        peer=str(request.META.get("REMOTE_ADDR", "")),
        forwarded=str(request.META.get("HTTP_X_FORWARDED_FOR", "")),
        proxies=settings.REST_FRAMEWORK["NUM_PROXIES"],
    )


SECRET_PATH = re.compile(r"(/accounts/(?:password/reset/key|confirm-email)/)[^/]+")


def sayable_path(path: str) -> str:
    """`path` as logs and traces may have it: without what opens an account."""
    return SECRET_PATH.sub(r"\1…", path)
