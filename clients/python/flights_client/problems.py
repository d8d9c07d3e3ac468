from typing import Any

import httpx


class Problem(Exception):
    """An answer that is none (RFC 9457). Decide by `code`; `type` leads to what it means. `members` holds what
    it carries beside, such as `errors`."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        self.status = status
        self.code: str = document.get("code", "")
        self.type: str = document.get("type", "about:blank")
        self.detail: str = document.get("detail", "")
        self.request_id: str = document.get("request_id", "")
        self.members = document
        super().__init__(f"{status} {self.code}: {self.detail} (request {self.request_id})")

    @classmethod
    def of(cls, answer: httpx.Response) -> "Problem":
        """Also of an answer that something on the way gave, which is no problem document."""
        try:
            document = answer.json()
        except ValueError:
            document = None
        return cls(answer.status_code, document if isinstance(document, dict) else {"detail": answer.text[:200]})
