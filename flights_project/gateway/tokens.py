"""Log-ins by the API: a short access token, and a refresh token that is used once and replaced.

A log-in ends by logging out, by another password, with its account, and where a refresh token comes a second time:
somebody has copied it, and nobody can tell who is the thief (RFC 9700, 4.14.2).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.contrib.auth.models import update_last_login
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken

from flights_project.gateway.models import LogIn, User
from flights_project.lib.errors import DomainError

LOG_IN = "login"
"""The claim that names the log-in."""


class LoggedOut(DomainError):
    code = "logged_out"
    title = "This log-in has ended. Log in again."


@dataclass(frozen=True, slots=True)
class Tokens:
    access: str
    refresh: str


def log_in(*, user: User, now: datetime) -> Tokens:
    """Tokens for somebody who has shown who they are."""
    row = LogIn(user=user, password_mark=user.get_session_auth_hash())
    tokens = _next_tokens(row, now)
    row.save(force_insert=True)
    update_last_login(User, user)
    return tokens


def refresh(*, token: str, now: datetime) -> Tokens:
    """New tokens for a refresh token, which is used up. Raises TokenError where it is none, LoggedOut."""
    used = RefreshToken(token)  # type: ignore[arg-type]  # its stub asks for a token where the code takes text
    row = log_in_of(used)
    if row is None or not row.stands:
        raise LoggedOut
    tokens = _next_tokens(row, now)
    current = LogIn.objects.filter(pk=row.pk, refresh_id=used[api_settings.JTI_CLAIM])
    if not current.update(refresh_id=row.refresh_id, expires_at=row.expires_at):
        row.delete()
        raise LoggedOut
    return tokens


def log_out(*, token: str) -> None:
    """End the log-in of a refresh token; a log-in that has ended stays so. Raises TokenError where it is none."""
    row = log_in_of(RefreshToken(token))  # type: ignore[arg-type]  # see refresh
    if row is not None:
        row.delete()


def log_in_of(token: "RefreshToken | dict[str, object]") -> LogIn | None:
    """The log-in that a verified token belongs to, with its user. Raises TokenError where it names none."""
    try:
        key = UUID(str(token[LOG_IN]))
    except (KeyError, ValueError) as error:
        raise TokenError("This token belongs to no log-in.") from error
    return LogIn.objects.select_related("user").filter(pk=key).first()


def _next_tokens(row: LogIn, now: datetime) -> Tokens:
    """Tokens of `row`, which is told of the new refresh token and not saved."""
    row.refresh_id, row.expires_at = uuid4().hex, now + api_settings.REFRESH_TOKEN_LIFETIME
    refresh = RefreshToken()
    refresh[api_settings.USER_ID_CLAIM] = str(row.user_id)
    refresh[api_settings.JTI_CLAIM] = row.refresh_id
    refresh[LOG_IN] = str(row.pk)
    return Tokens(access=str(refresh.access_token), refresh=str(refresh))
