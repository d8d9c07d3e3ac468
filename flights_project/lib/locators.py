"""Codes that people read out to each other."""

import secrets

ALPHABET = "BCDFGHJKMNPQRSTVWXZ23456789"
"""No vowels, so that no code spells a word, and none of 0 O 1 I L, so that it is read out without mistakes."""
LENGTH = 6


def new_locator() -> str:
    """A record locator: six characters, unguessable in order. The database's unique constraint decides."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
