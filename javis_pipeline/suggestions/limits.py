"""What no advice may say, whoever gives it: the rules keep to it, and a model's answer is held against it."""

from datetime import date
from typing import Final

from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.forecast import Forecast
from javis_pipeline.records.risk import RiskKind
from javis_pipeline.records.suggestion import Action, Vocabulary

# A date that is missed more often than it is kept is none to give to anybody.
_LIKELY: Final = 0.5
_HAVE_TOO_MUCH: Final = frozenset[RiskKind]({"overloaded_person", "held_by_one"})


class Limits:
    """What the context forbids to propose.

    Attributes:
        waiting: Open issues that cannot go on: something open blocks them, or somebody raised a flag.
        left_over: What is in no sprint but in one that should have ended: it is planned anew before anybody takes it.
        overloaded: Account ids of people who have too much, or most of what there is.
    """

    def __init__(self, context: WorkContext, vocabulary: Vocabulary) -> None:
        self._issues = {issue.key: issue for issue in context.issues}
        self._ranks = {name: rank for rank, name in enumerate(vocabulary.priorities)}
        self._high = frozenset(context.high_priorities)
        self._forecasts = {forecast.subject: forecast for forecast in context.forecasts}
        self._sprint_of = {
            key: f"sprint:{sprint.sprint_id}" for sprint in context.sprints for key in sprint.remaining_keys
        }
        self.waiting = frozenset(link.blocked_key for link in context.blockers.links) | frozenset(
            risk.issue_keys[0] for risk in context.risks if risk.kind == "blocked" and risk.issue_keys
        )
        self.left_over = _left(context, is_over=True) - _left(context, is_over=False)
        self.overloaded = frozenset(
            risk.account_id for risk in context.risks if risk.account_id and risk.kind in _HAVE_TOO_MUCH
        )

    def fault(self, action: Action) -> str | None:
        """Why this step must not be proposed; None when nothing speaks against it."""
        match action.kind:
            case "set_due_date" if not self.is_possible(action.issue_key, date.fromisoformat(action.value)):
                return "names a date the forecast calls impossible"
            case "set_priority" if not self.is_rise(action.issue_key, action.value):
                return "lowers a priority or raises a high one"
            case "assign" if action.issue_key in self.waiting:
                return "moves work that itself waits"
            case "assign" if action.issue_key in self.left_over:
                return "gives out work of a sprint that is over"
            case "assign" if action.value in self.overloaded:
                return "gives work to somebody who has too much"
            case "assign" if self._issues[action.issue_key].assignee_id == action.value:
                return "gives work to whoever has it"
            case _:
                return None

    def is_possible(self, issue_key: str, due: date) -> bool:
        """Whether the forecasts of the issue's sprint, and of the issue itself if it is an epic, allow a date."""
        sprint = self._forecasts.get(self._sprint_of.get(issue_key, ""))
        epic = self._forecasts.get(f"epic:{issue_key}")
        return not (_is_lost(sprint) and _target(sprint) >= due) and not (epic and epic.p50_on and due < epic.p50_on)

    def is_rise(self, issue_key: str, priority: str) -> bool:
        """Whether a priority is more urgent than the issue's, which is no high one. False for unknown ranks."""
        present = self._issues[issue_key].priority
        if priority not in self._ranks or (present and present.casefold() in self._high):
            return False
        return not present or (present in self._ranks and self._ranks[priority] < self._ranks[present])

    def least_high(self) -> str | None:
        """The least urgent of the priorities that count as high; None when it is not known which do."""
        high = [name for name in self._ranks if name.casefold() in self._high]
        return max(high, key=self._ranks.__getitem__, default=None)


def _left(context: WorkContext, *, is_over: bool) -> frozenset[str]:
    """What is left in the sprints that are over, or in those that are not."""
    return frozenset(key for sprint in context.sprints if sprint.is_over == is_over for key in sprint.remaining_keys)


def _is_lost(sprint: Forecast | None) -> bool:
    return sprint is not None and sprint.on_time is not None and sprint.on_time < _LIKELY


def _target(sprint: Forecast | None) -> date:
    return sprint.target_on if sprint and sprint.target_on else date.min
