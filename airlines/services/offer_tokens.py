"""Offers as texts that we signed: cheap enough that a search signs every offer it shows.

A token is what it says, then a keyed BLAKE2b hash of it (RFC 7693), in URL-safe base64. The key comes from
`SECRET_KEY`; tokens signed with one of `SECRET_KEY_FALLBACKS` open too.
"""

import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from functools import lru_cache
from hashlib import blake2b, sha256

from django.conf import settings

from airlines.exceptions import OfferExpired, OfferInvalid

PURPOSE = b"airlines.offer"
SIGNATURE_LENGTH = 15
TOKEN_LENGTH = 2000
"""No offer of ours is longer: what is longer is refused before it is unpacked."""


class Signer:
    """Signs texts as said now; for many of them the key and the time are hashed once."""

    def __init__(self) -> None:
        self._when = b"%d|" % int(time.time())
        self._mac = _keyed(settings.SECRET_KEY).copy()
        self._mac.update(self._when)

    def sign(self, said: str) -> bytes:
        """A token that says `said`, an ASCII text, and when."""
        text = said.encode()
        mac = self._mac.copy()
        mac.update(text)
        return _packed(self._when + text + mac.digest())


def unsign(token: str) -> str:
    """What a token says. Raises OfferInvalid where we did not sign it, OfferExpired after `OFFER_LIFETIME`."""
    signed_at, said = unsign_any_age(token)
    if time.time() > signed_at + settings.OFFER_LIFETIME.total_seconds():
        raise OfferExpired
    return said


def unsign_any_age(token: str) -> tuple[int, str]:
    """When it was signed, in seconds of the epoch, and what it says. Raises OfferInvalid."""
    if len(token) > TOKEN_LENGTH:
        raise OfferInvalid
    try:
        signed = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (NotBase64, UnicodeEncodeError) as error:
        raise OfferInvalid from error
    if _packed(signed).decode() != token:  # base64 forgives much, and an offer has one text only
        raise OfferInvalid
    text, signature = signed[:-SIGNATURE_LENGTH], signed[-SIGNATURE_LENGTH:]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not any(hmac.compare_digest(_signature(key, text), signature) for key in keys):
        raise OfferInvalid
    signed_at, _bar, said = text.decode().partition("|")
    return int(signed_at), said


def _packed(signed: bytes) -> bytes:
    return urlsafe_b64encode(signed).rstrip(b"=")


def _signature(secret: str, text: bytes) -> bytes:
    mac = _keyed(secret).copy()
    mac.update(text)
    return mac.digest()


@lru_cache(maxsize=16)
def _keyed(secret: str) -> "blake2b":
    """Ready to hash, so that a key is set up once."""
    return blake2b(key=sha256(PURPOSE + secret.encode()).digest(), digest_size=SIGNATURE_LENGTH)
