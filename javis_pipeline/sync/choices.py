"""What a person means who names somebody, or something out of a list."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from javis_pipeline.errors import UsageError

# Ids of Atlassian accounts: of today, and of before.
_ACCOUNT = re.compile(r"\d+:[0-9a-f-]{36}|[0-9a-f]{24}")
_LISTED = 12


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose account has been seen."""

    account_id: str
    display_name: str
    active: bool


def choose_name(text: str, names: Sequence[str], noun: str) -> str:
    """The name out of a list that `text` spells, in whichever case; any where nothing is known yet.

    Raises:
        UsageError: It is not in the list; the message names the nearest, or the list.
    """
    if not names:
        return text
    same = [name for name in names if _folded(name) == _folded(text)]
    if same:
        return text if text in same else same[0]
    raise UsageError(f"there is no {noun} {text!r} here; {_hint(text, names)}")


def choose_person(text: str, people: Sequence[Person]) -> str:
    """Account id of the person with this id or name; letters may be of another case, or without their accents.

    Raises:
        UsageError: Nobody is called so (the message names the nearest), several are, or only one who has left.
    """
    if any(person.account_id == text for person in people) or _ACCOUNT.fullmatch(text):
        return text
    called = _called(text, people)
    staying = [person for person in called if person.active]
    match staying:
        case [person]:
            return person.account_id
        case []:
            if called:
                raise UsageError(f"{called[0].display_name} is no longer active; name somebody else")
            names = [person.display_name for person in people if person.active]
            raise UsageError(f"nobody is called {text!r} here; {_hint(text, names)}")
        case _:
            ids = ", ".join(f"{person.account_id} ({person.display_name})" for person in staying)
            raise UsageError(f"{len(staying)} people are called {text!r}; give the id of one: {ids}")


def _called(text: str, people: Iterable[Person]) -> list[Person]:
    """The people with exactly this name; else those with it but for case and accents."""
    exactly = [person for person in people if _composed(person.display_name) == _composed(text)]
    return exactly or [person for person in people if _folded(person.display_name) == _folded(text)]


def _composed(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _folded(text: str) -> str:
    """`text` without case, accents and blanks that are too many."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def _hint(text: str, names: Iterable[str]) -> str:
    """Which name was probably meant, else which there are."""
    known = {_folded(name): name for name in names}
    near = difflib.get_close_matches(_folded(text), known, n=3, cutoff=0.6) or [
        name for name in known if _folded(text) in name.split()
    ]
    if near:
        return f"did you mean {' or '.join(known[name] for name in near)}?"
    listed = sorted(known.values())
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return f"there are {', '.join(listed[:_LISTED])}{more}" if listed else "nobody is known yet; javis sync first"
