"""Codes that people read out to each other."""

import secrets
from hashlib import sha256

ALPHABET = "BCDFGHJKMNPQRSTVWXZ23456789"
"""No vowels, so that no code spells a word, and none of 0 O 1 I L, so that it is read out without mistakes."""
LENGTH = 6


def new_locator() -> str:
    """A record locator: six characters, unguessable in order. The database's unique constraint decides."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def locator_from(seed: str) -> str:
    """The same locator for the same seed: who sees what would be done sees the locator that it will have."""
    number = int.from_bytes(sha256(seed.encode()).digest())
    return "".join(ALPHABET[number // len(ALPHABET) ** place % len(ALPHABET)] for place in range(LENGTH))
