"""The network address that a request came from."""


def client_address(*, peer: str, forwarded: str, proxies: int) -> str:
    """The client's address as the outermost of our own `proxies` saw it; what a client claims is not it.

    `peer` is who is connected to us, `forwarded` the X-Forwarded-For that came with the request.
    """
    passed_on = [part.strip() for part in forwarded.split(",") if part.strip()]
    return passed_on[-min(proxies, len(passed_on))] if proxies and passed_on else peer
