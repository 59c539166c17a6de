"""What goes wrong, and when: faults by chance (from the seed) and by schedule."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase


class FaultKind(StrEnum):
    """What a client sees, and whether the request was executed."""

    RATE_LIMITED = "429"  # not executed
    SERVER_ERROR = "500"  # executed all the same: the outcome is unknown to the client
    UNAVAILABLE = "503"  # not executed
    NOT_FOUND = "404"  # not executed
    CONFLICT = "409"  # not executed
    HTML = "html"  # not executed; 200 with the page of a proxy or a login
    LOST_REPLY = "lost-reply"  # executed, then the connection is closed without an answer
    LOST_REQUEST = "lost-request"  # not executed, the connection is closed
    LATE = "late"  # the connection is closed, and the request is executed after `after` more requests
    CUT_BODY = "cut-body"  # executed, and the answer ends in the middle
    SLOW = "slow"  # executed, answered after `seconds`


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Args:
        kind: What happens.
        retry_after: Seconds for the Retry-After header of 429 and 503; None leaves the header out.
        reason: RateLimit-Reason of a 429.
        after: How many later requests are answered before a `late` one is executed.
        seconds: How long a `slow` answer takes.
    """

    kind: FaultKind
    retry_after: int | None = None
    reason: str = "jira-burst-based"
    after: int = 1
    seconds: float = 1.0


@dataclass
class Rule:
    """Something that happens to requests: to the n-th matching ones, or to each with a probability.

    Args:
        fault: What goes wrong; None if it is only about `action`.
        method: HTTP method; None for any.
        path: Shell pattern of the path, without gateway prefix and query; `*` also matches slashes.
        first: Number of the first matching request that is hit, counted from 1.
        last: Number of the last one; None for ever.
        probability: Chance of each request between `first` and `last`.
        action: Called before the request is executed: somebody who is just faster.
    """

    fault: Fault | None = None
    method: str | None = None
    path: str = "*"
    first: int = 1
    last: int | None = None
    probability: float = 1.0
    action: Callable[[], object] | None = None
    seen: int = field(default=0, init=False)

    def hits(self, method: str, path: str, rng: random.Random) -> bool:
        """Counts the request if it matches; True if the fault happens to it."""
        if self.method not in (None, method) or not fnmatchcase(path, self.path):
            return False
        self.seen += 1
        if self.seen < self.first or (self.last is not None and self.seen > self.last):
            return False
        return self.probability >= 1 or rng.random() < self.probability


class FaultPlan:
    """The rules in force. All matching rules count a request; of those that hit it, the first with a fault decides."""

    def __init__(self, rules: Iterable[Rule] = (), *, seed: int = 0) -> None:
        self.rules = list(rules)
        self._random = random.Random(f"{seed}:faults")  # noqa: S311 - chance in a test double, not a secret

    def add(self, *rules: Rule) -> None:
        """Puts rules in force; they count requests from now on."""
        self.rules.extend(rules)

    def clear(self) -> None:
        """From now on nothing goes wrong."""
        self.rules.clear()

    def pick(self, method: str, path: str) -> Fault | None:
        """The fault that happens to this request, if any; the actions of the rules that hit it are called."""
        hits = [rule for rule in self.rules if rule.hits(method, path, self._random)]
        for rule in hits:
            if rule.action is not None:
                rule.action()
        return next((rule.fault for rule in hits if rule.fault is not None), None)


def parse_rules(spec: str) -> list[Rule]:
    """Rules out of text: `lost-reply PUT /rest/api/3/issue/* #3; 503 1% retry_after=2; slow seconds=0.2`.

    Rules are separated by semicolons. Each begins with a fault; then come, in any order, a method, a path pattern that
    begins with `/` or `*`, a place in the row (`#3`, `#2-5`, `#4-`), a chance (`0.5%`), and `retry_after=`,
    `reason=`, `after=`, `seconds=`.

    Raises:
        ValueError: A word is not understood; the message names it and what may stand there.
    """
    return [_parse_rule(part.split()) for part in spec.split(";") if part.strip()]


def _parse_rule(words: list[str]) -> Rule:
    kinds = ", ".join(kind.value for kind in FaultKind)
    if words[0] not in list(FaultKind):
        raise ValueError(f"fault {words[0]!r} is unknown; there are: {kinds}")
    options: dict[str, str] = {}
    rule = Rule()
    for word in words[1:]:
        if word.startswith(("/", "*")):
            rule.path = word
        elif word.isupper() and word.isalpha():
            rule.method = word
        elif word.startswith("#"):
            rule.first, rule.last = _parse_place(word)
        elif word.endswith("%"):
            rule.probability = float(word[:-1]) / 100
        elif "=" in word:
            name, _, value = word.partition("=")
            options[name] = value
        else:
            raise ValueError(f"{word!r} in a fault is not a METHOD, a /path, #number, chance% or name=value")
    rule.fault = _parse_fault(words[0], options)
    return rule


def _parse_place(word: str) -> tuple[int, int | None]:
    first, dash, last = word[1:].partition("-")
    if not dash:
        return int(first), int(first)
    return int(first), int(last) if last else None


def _parse_fault(kind: str, options: dict[str, str]) -> Fault:
    readers = {"retry_after": int, "reason": str, "after": int, "seconds": float}
    unknown = sorted(set(options) - set(readers))
    if unknown:
        raise ValueError(f"option {unknown[0]!r} of a fault is unknown; there are: {', '.join(readers)}")
    return Fault(FaultKind(kind), **{name: readers[name](value) for name, value in options.items()})
