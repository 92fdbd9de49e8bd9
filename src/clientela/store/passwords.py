"""Passwords, stored by Argon2id (RFC 9106)."""

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from clientela.errors import InputError

SHORTEST = 12  # by convention: between NIST SP 800-63B-4's 8 beside a second factor and 15 alone
LONGEST = 200  # by convention: a sentence; what is longer only costs time
GENERATED_BYTES = 12  # 96 bits: no guess in any time
# RFC 9106's second choice, the library's default: 64 MB and some 60 ms on one core
HASHER = PasswordHasher()


def hash_password(password: str, user_id: str) -> str:
    """Return what is stored of a password.

    Raises
    ------
    InputError
        It is too short, too long, or the name.
    """
    plain = _normalise(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise InputError(
            f"a password has {SHORTEST} to {LONGEST} letters",
            do="take some words that do not belong together",
        )
    beside_name = plain.casefold().replace(user_id, "")
    if len(beside_name) < SHORTEST or len(set(plain)) < SHORTEST // 3:
        raise InputError(
            "this password is the first that anybody would try",
            do="take some words that do not belong together",
        )
    return HASHER.hash(plain)


def verify_password(stored: str | None, password: str) -> bool:
    """Check a password; where none is stored it takes as long, and fails."""
    plain = _normalise(password[: LONGEST + 1])
    try:
        HASHER.verify(stored or _hash_nothing(), plain)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def generate_password() -> str:
    """Return a new password, to be shown once."""
    return secrets.token_urlsafe(GENERATED_BYTES)


def _normalise(password: str) -> str:
    """Write a password as any keyboard's: an accent may be a letter of its own."""
    return unicodedata.normalize("NFKC", password)


@cache
def _hash_nothing() -> str:
    """Return the hash that is checked where there is no user: who is one must not be measured."""
    return HASHER.hash(generate_password())
