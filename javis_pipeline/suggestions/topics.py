"""From findings to what there is to do something about: one issue, one circle, one sprint or one person each.

A finding about an issue that waits is a reason to act on what it waits for: nobody can hurry the issue itself.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from javis_pipeline.records.context import IssueBrief, WorkContext
from javis_pipeline.records.risk import SPRINT_KINDS, Risk, RiskKind

TopicKind = Literal["issue", "circle", "sprint", "person"]

PERSON_KINDS: Final = frozenset[RiskKind]({"overloaded_person", "held_by_one"})
# Of these a person is told elsewhere, with what it takes to act: a conflict with its buttons, a page with its link.
_NO_STEP: Final = frozenset[RiskKind]({"conflict_open", "page_stale", "asleep"})


@dataclass(frozen=True, slots=True)
class Topic:
    """What to act on, and why.

    Attributes:
        subject: Key of the issue, finding id of the circle, id of the sprint, or account id of the person.
        risks: The findings that are reasons, the worst first.
    """

    kind: TopicKind
    subject: str
    risks: tuple[Risk, ...]

    def about(self, kind: RiskKind) -> Risk | None:
        """The finding of this kind about the subject itself; None without one."""
        return next((risk for risk in self.risks if risk.kind == kind and risk.issue_keys[:1] == (self.subject,)), None)

    @property
    def waiting(self) -> list[Risk]:
        """The findings about issues that wait for the subject."""
        return [risk for risk in self.risks if risk.issue_keys[:1] != (self.subject,)]


def topics(context: WorkContext, score: Callable[[Risk], float]) -> list[Topic]:
    """The topics of a context, the most pressing first. Findings that nobody can act on by a step are in none."""
    chains = _Chains(context)
    found: dict[tuple[TopicKind, str], list[Risk]] = {}
    # Where nothing moves at all, nobody answers what stops a single issue.
    asleep = any(risk.kind == "asleep" for risk in context.risks)
    no_step = _NO_STEP | ({"idle_in_progress"} if asleep else set())
    # Of equal findings the one comes first that the context, too, has first.
    for risk in sorted(context.risks, key=score, reverse=True):
        place = None if risk.kind in no_step else _place(risk, chains)
        if place is not None:
            found.setdefault(place, []).append(risk)
    return [Topic(kind, subject, tuple(risks)) for (kind, subject), risks in found.items()]


def _place(risk: Risk, chains: "_Chains") -> tuple[TopicKind, str] | None:
    if risk.kind in SPRINT_KINDS:
        return "sprint", str(risk.evidence.get("sprint_id", ""))
    if risk.kind in PERSON_KINDS:
        return "person", risk.account_id or ""
    if risk.kind == "blocker_not_synced":
        waiting = next((key for key in risk.issue_keys[1:] if key in chains.issues), None)
        return None if waiting is None else chains.place(waiting)
    return chains.place(risk.issue_keys[0]) if risk.issue_keys else None


class _Chains:
    """What waits for what, as far as the context names it."""

    def __init__(self, context: WorkContext) -> None:
        self.issues: Mapping[str, IssueBrief] = {issue.key: issue for issue in context.issues}
        self._held_up = {root.key: root.held_up for root in context.blockers.roots}
        self._circles = [
            (risk.finding_id, set(risk.issue_keys)) for risk in context.risks if risk.kind == "dependency_cycle"
        ]
        self._blockers: dict[str, list[str]] = {}
        for blocked, blockers in _waits(context):
            known = [key for key in blockers if key in self.issues]
            self._blockers.setdefault(blocked, []).extend(known)

    def place(self, key: str) -> tuple[TopicKind, str] | None:
        """Where to act to move an issue on; None for an issue that is not known."""
        if key not in self.issues:
            return None
        seen = {key}
        while True:
            circle = next((finding for finding, keys in self._circles if key in keys), None)
            if circle is not None:
                return "circle", circle
            blockers = [each for each in self._blockers.get(key, ()) if each not in seen]
            if not blockers:
                return "issue", key
            key = max(sorted(blockers), key=lambda each: self._held_up.get(each, 0))
            seen.add(key)


def _waits(context: WorkContext) -> Iterable[tuple[str, tuple[str, ...]]]:
    for link in context.blockers.links:
        yield link.blocked_key, (link.blocker_key,)
    for risk in context.risks:
        if risk.kind == "blocked":
            yield risk.issue_keys[0], risk.issue_keys[1:]
