"""How much a finding presses: what the rules put first."""

from math import log2
from typing import Final

from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.risk import Risk, RiskKind, Severity
from javis_pipeline.records.suggestion import Vocabulary

# The more severe finding counts twice as much as the next; within a severity, what holds up others comes first.
SEVERITY_WEIGHT: Final[dict[Severity, float]] = {"high": 4.0, "medium": 2.0, "low": 1.0}
# How surely acting on a finding of that severity helps; the rules know nothing more.
CONFIDENCE: Final[dict[Severity, float]] = {"high": 0.9, "medium": 0.7, "low": 0.5}
SPRINT_BONUS = 1.0
# Of two chains that hold up much, the longer one is not twice as urgent.
MOST_HELD_UP_BONUS = 3.0
TOP_PRIORITY_BONUS = 0.5
_STEP_LOWER: Final[dict[Severity, Severity]] = {"high": "medium", "medium": "low", "low": "low"}
KIND_WEIGHT: Final[dict[RiskKind, float]] = {
    "dependency_cycle": 1.5,
    "sprint_off_track": 1.4,
    "blocks_many": 1.4,
    "overdue": 1.3,
    "blocked": 1.2,
    "epic_late": 1.2,
    "version_late": 1.2,
    "due_soon_not_started": 1.1,
    "high_priority_untouched": 1.1,
    "unassigned_in_sprint": 1.0,
    "scope_creep": 1.0,
    "overloaded_person": 1.0,
    "idle_in_progress": 0.9,
    "reopened": 0.9,
    "held_by_one": 0.8,
    "epic_without_estimate": 0.6,
    "blocker_not_synced": 0.5,
}
# Before these, two findings of the same weight; behind these, what is only tidying up.
_USUAL_WEIGHT = 0.5


class Ranking:
    """How much the findings of a context press.

    Attributes:
        in_sprint: Keys of what is left in the running sprints that are not over.
        pressing: Keys of issues that wait for others although they cannot.
    """

    def __init__(self, context: WorkContext, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._issues = {issue.key: issue for issue in context.issues}
        self._held_up = {root.key: root.held_up for root in context.blockers.roots}
        self.in_sprint = {key for sprint in context.sprints if not sprint.is_over for key in sprint.remaining_keys}
        self.pressing = {
            risk.issue_keys[0] for risk in context.risks if risk.kind == "blocked" and risk.severity != "low"
        }

    def score(self, risk: Risk) -> float:
        """How much acting on this finding is worth: severity, kind, the work it holds up, the sprint, the priority."""
        held_up = max((self._held_up.get(key, 0) for key in risk.issue_keys), default=0)
        if risk.kind == "dependency_cycle":
            held_up = max(held_up, len(risk.issue_keys))
        in_sprint = SPRINT_BONUS if self.in_sprint.intersection(risk.issue_keys[:1]) else 0.0
        subject = self._issues.get(risk.issue_keys[0]) if risk.issue_keys else None
        top = TOP_PRIORITY_BONUS if subject and subject.priority in self._vocabulary.priorities[:1] else 0.0
        bonus = min(log2(1 + held_up), MOST_HELD_UP_BONUS) + in_sprint + top
        return SEVERITY_WEIGHT[self.severity(risk)] * (KIND_WEIGHT.get(risk.kind, _USUAL_WEIGHT) + bonus / 4)

    def severity(self, risk: Risk) -> Severity:
        """The finding's severity, a step lower where the rest of the context says that it does not press.

        That is so for a blocker when all that waits for it can wait, or when nobody knows whether it is done already,
        and for somebody with a lot in progress who finishes as much in four weeks.
        """
        match risk.kind:
            case "blocks_many":
                known = risk.issue_keys[0] in self._issues
                calm = not known or not self.pressing.intersection(risk.issue_keys)
            case "overloaded_person":
                calm = _number(risk, "finished_last_4_weeks") >= max(_number(risk, "in_progress"), 1)
            case _:
                calm = False
        return _STEP_LOWER[risk.severity] if calm else risk.severity


def _number(risk: Risk, name: str) -> float:
    return float(risk.evidence.get(name, 0))
