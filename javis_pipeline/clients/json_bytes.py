"""JSON as bytes: what no text of ours can hold is replaced, and numbers go out digit by digit."""

import re
from contextlib import suppress
from decimal import Decimal
from typing import Any, Final

import orjson

# After an even number of backslashes: an odd one escapes the backslash, and what follows is text.
_ESCAPED_NUL: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
# Group 1: what is whole, and stays: an escaped backslash, a pair. What is left is half a pair.
_HALF_SURROGATE: Final = re.compile(
    rb"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


def as_json(value: object) -> object:
    """A Decimal, digit by digit: what came out of a document goes back as it was."""
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 400:
        return orjson.Fragment(str(value))
    raise TypeError


def json_or_none(content: bytes) -> Any:
    """What JSON says; None for what is none."""
    for mend in (without_nul, mended):
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(mend(content))
    return None


def without_nul(content: bytes) -> bytes:
    """JSON with the replacement character in place of NUL, which PostgreSQL cannot store, and CommonMark replaces too.

    Done here, so that what is stored and what is read again later compare equal.
    """
    # Looked for from the end, in a third of the time: JSON is full of noughts, the last byte of what is sought.
    return _ESCAPED_NUL.sub(rb"\1\\ufffd", content) if content.rfind(b"\\u0000") >= 0 else content


def mended(content: bytes) -> bytes:
    """JSON with the replacement character in place of what no text can hold: NUL, half a surrogate, broken UTF-8.

    Only for what could not be read otherwise: one such character in one text must not cost the whole answer.
    """
    whole = without_nul(content.decode("utf-8", errors="replace").encode())
    return _HALF_SURROGATE.sub(lambda found: found[1] or rb"\ufffd", whole)
