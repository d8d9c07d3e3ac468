"""Who is calling the API: an integrator's key, a person's token, or the browser's session."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError

from flights_project.gateway.addresses import address_of
from flights_project.gateway.models import ApiKey, User
from flights_project.gateway.tokens import LoggedOut, log_in_of
from flights_project.lib.statements import columns, fetch, instances

WITH_OWNER = f"""
    SELECT {columns(ApiKey, "api_key")}, {columns(User, "owner")}
    FROM gateway_apikey api_key JOIN gateway_user owner ON owner.id = api_key.owner_id
    WHERE api_key.prefix = %s
"""  # noqa: S608 -- made of our own names
LAST_USED_RESOLUTION = timedelta(minutes=1)
"""A key's `last_used_at` is as fresh as this; more would cost a write with every request."""


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key PREFIX.SECRET`; `request.auth` is the `ApiKey`, `request.user` its owner."""

    keyword = "Api-Key"

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _, credentials = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != self.keyword.lower():
            return None
        prefix, _, secret = credentials.strip().partition(".")
        key = _key_with_owner(prefix)
        now = timezone.now()
        # Compared also where there is no such prefix, so that the time taken tells nothing.
        opened = (key or ApiKey()).opens(secret, now)
        if key is None or not opened or not key.is_usable(now) or not key.owner.is_active:
            raise AuthenticationFailed("The API key is unknown, revoked or expired.", code="invalid_api_key")
        if not key.may_come_from(address_of(request)):
            raise PermissionDenied("This API key may not be used from your address.", code="address_not_allowed")
        if key.last_used_at is None or now - key.last_used_at > LAST_USED_RESOLUTION:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        return key.owner, key

    def authenticate_header(self, request: Request) -> str:
        return f'{self.keyword} realm="api"'


def _key_with_owner(prefix: str) -> ApiKey | None:
    """By hand: each request of a program begins with it."""
    rows = fetch(WITH_OWNER, [prefix])
    if not rows:
        return None
    key, key.owner = instances((ApiKey, User), rows[0])
    found: ApiKey = key
    return found


class BearerAuthentication(JWTAuthentication):
    """`Authorization: Bearer TOKEN` with a token of `auth/token/`, until its log-in ends."""

    def get_user(self, validated_token: Any) -> User:  # type: ignore[override]  # its type variable has no bound here
        try:
            row = log_in_of(validated_token)
        except TokenError as error:
            raise InvalidToken(error.args[0]) from error
        if row is None or not row.stands:
            raise AuthenticationFailed(LoggedOut.title, code=LoggedOut.code)
        return row.user


class BrowserSessionAuthentication(SessionAuthentication):
    """The session of somebody logged in on the pages, with CSRF protection; for the docs page and our own pages."""


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ApiKeyAuthentication
    name = "apiKey"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key PREFIX.SECRET`, made for an integrator in the staff desk.",
        }


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BearerAuthentication
    name = "bearer"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BrowserSessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
