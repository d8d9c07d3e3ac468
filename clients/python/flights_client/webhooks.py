from collections.abc import Mapping
from typing import Any

from standardwebhooks import Webhook


def read_webhook(*, body: bytes, headers: Mapping[str, str], secret: str) -> Any:
    """What a webhook says, once its signature has shown that we sent it, unchanged and lately.

    Raises `standardwebhooks.WebhookVerificationError`. Give the body as it came: written again, it is another.
    """
    return Webhook(secret).verify(body, dict(headers))
