"""The nouns that every room speaks in: immutable values without behaviour that needs the outside."""

from enum import Enum
from typing import Final, Literal


class Missing(Enum):
    """The type of `MISSING`; an enum, so that type checkers narrow `x is MISSING`."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> Literal[False]:
        return False


# A remote answer without a key says nothing about the field; only an explicit null says that it is empty.
# Taking the one for the other would clear fields that merely failed to load.
MISSING: Final = Missing.MISSING
