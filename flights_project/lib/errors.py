"""The root of every error that states a fact of the trade: `SeatsGone`, `HoldExpired`, `PriceChanged`."""

from typing import Any, ClassVar


class DomainError(Exception):
    """A request that the airline's rules refuse.

    `code` is stable and part of the API contract; `title` names the kind of error; the exception's text is the
    detail a person reads; `facts` are members that a caller can act on (a fresh offer, the seats left).
    """

    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str = "", /, **facts: Any) -> None:
        super().__init__(detail or self.title)
        self.facts = facts


class InvalidRequest(DomainError):
    """What was asked is not possible in any state of the world; `errors` names each field and says why."""

    code = "invalid"
    title = "Some of what was sent is not valid."

    def __init__(self, errors: dict[str, list[str]], /) -> None:
        super().__init__(next(iter(errors.values()))[0], errors=errors)
        self.errors = errors
