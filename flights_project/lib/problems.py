"""A problem document (RFC 9457): what every error looks like to a program, whichever process answers."""

from dataclasses import dataclass
from typing import Any

import structlog

MEDIA_TYPE = "application/problem+json"
TYPES = "/api/v1/problems/"
"""The page that explains each code. A `type` is an anchor on it, relative to whoever answers (RFC 9457, 3.1.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One error as the API tells it."""

    status: int
    code: str
    title: str
    detail: str
    members: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {
            "type": f"{TYPES}#{self.code}",
            "code": self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
            **self.members,
        }
