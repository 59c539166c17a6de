"""The state of the sandbox's Claude: what it was told to do wrong next, and which prompts it has seen."""

import hashlib
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

from javis_pipeline.sandbox.ground import Ground

Kind = Literal["error", "refusal", "truncated", "malformed", "reply"]


@dataclass(frozen=True)
class Behaviour:
    """What happens to one request instead of the usual answer.

    Args:
        kind: `error` answers `status`; `refusal` and `truncated` end the message with that stop reason; `malformed`
            answers text that is not JSON; `reply` answers `text`.
        status: HTTP status of an error: 400, 401, 403, 404, 429, 500, 529.
        retry_after: Seconds for the Retry-After header; an hour is nothing unusual.
        seconds: How long the answer takes.
        text: The text of a `reply`.
    """

    kind: Kind
    status: int = 500
    retry_after: int | None = None
    seconds: float = 0.0
    text: str = ""


class ClaudeSite:
    """What Claude does next; usually it answers from the request's own context."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.changes = 0
        self._next: deque[Behaviour | None] = deque()
        self._cached: set[str] = set()
        self._last_number = 0

    def expect(self, *behaviours: Behaviour | None) -> None:
        """The next messages behave like this, in order; None is the usual answer."""
        self._next.extend(behaviours)

    def next_behaviour(self) -> Behaviour | None:
        """What the message being answered does."""
        return self._next.popleft() if self._next else None

    def is_cached(self, prefix: str) -> bool:
        """Whether this cacheable prefix was sent before; from now on it was."""
        digest = hashlib.sha256(prefix.encode()).hexdigest()
        known = digest in self._cached
        self._cached.add(digest)
        return known

    def new_id(self, prefix: str) -> str:
        """An id as the API has them."""
        self._last_number += 1
        return f"{prefix}_sandbox{self._last_number:012d}"

    def state(self) -> object:
        """Nothing: a model does not remember."""
        return {}

    def restore(self, state: Any) -> None:
        """Nothing to restore."""
