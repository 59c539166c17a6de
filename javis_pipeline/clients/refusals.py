"""What a refusal means, and how a system words refusals and limits."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from javis_pipeline.errors import IdentityError, JavisError, RemoteMissing, RemoteRefused, StaleRevision

Reach = Literal["site", "endpoint", "record"]
"""What has to wait after an answer that says we are too fast."""


class Said(NamedTuple):
    """What the body of a refusal says: texts, and texts by the field that each is about."""

    texts: Iterable[object] = ()
    by_field: Mapping[str, object] = {}


def _says_nothing_more(body: Mapping[str, Any]) -> Said:
    del body
    return Said()


def _endpoint_only(reason: str) -> Reach:
    del reason
    return "endpoint"


@dataclass(frozen=True, slots=True)
class Manners:
    """How a system names records in its paths, and words refusals and limits.

    Attributes:
        record_key: Pattern of what names a record in a path beside numbers; empty for nothing.
        reach: `RateLimit-Reason` to what has to wait.
        said: What the body of a refusal says beside `message` and `error`.
    """

    record_key: str = ""
    reach: Callable[[str], Reach] = _endpoint_only
    said: Callable[[Mapping[str, Any]], Said] = _says_nothing_more

    def endpoint(self, path: str) -> str:
        """The path without what names records in it: what a burst limit counts."""
        return re.sub(rf"(?<=/){self._named}(?=/|$)", "{}", path)

    def record(self, path: str) -> str:
        """The path of the record that a path is about: what a limit of single records counts."""
        found = re.match(rf"^.*/{self._named}(?=/|$)", path)
        return found[0] if found else path

    @property
    def _named(self) -> str:
        return rf"(?:\d+|{self.record_key})" if self.record_key else r"\d+"


COMMON: Final = Manners()
"""Those of a system that says no more than others."""


def refusal(manners: Manners, system: str, what: str, status: int, body: object) -> JavisError:
    """The error for a 4xx answer, with what the remote said."""
    said, field_errors = _what_it_said(manners, body)
    message = f"{system}: {what} was refused with HTTP {status}{': ' if said else ''}{said}"
    match status:
        case 401:
            return IdentityError(
                f"{message.rstrip('.')}. Check whether the token is that of this account, and has not expired"
            )
        case 404:
            return RemoteMissing(f"{system}: {what}: not found, or the account may not see it")
        case 409:
            return StaleRevision(message)
        case _:
            return RemoteRefused(message, status=status, field_errors=field_errors)


def _what_it_said(manners: Manners, body: object) -> tuple[str, dict[str, str]]:
    """Text and texts per field of an error body. What else is in it stays unsaid."""
    if not isinstance(body, dict):
        return "", {}
    said = manners.said(body)
    by_field = {name: _short(text) for name, text in said.by_field.items()}
    texts = [_short(text) for text in said.texts]
    texts += [f"{name}: {text}" for name, text in by_field.items()]
    texts += [_short(body.get(name)) for name in ("message", "error")]
    return "; ".join(filter(None, texts))[:500], by_field


def _short(text: object) -> str:
    """A text that an answer holds; empty for anything else."""
    return text[:500] if isinstance(text, str) else ""
