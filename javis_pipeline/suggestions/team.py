"""Who could take work, and why they."""

from collections import Counter
from collections.abc import Iterable

from javis_pipeline.records.context import IssueBrief, WorkContext
from javis_pipeline.records.people import PersonLoad
from javis_pipeline.records.suggestion import Action, Vocabulary
from javis_pipeline.suggestions.cleaning import cleaned
from javis_pipeline.suggestions.limits import Limits

ISSUES_PER_PERSON = 2
# Knowing the component is worth as much as having so many issues less in progress.
_KNOWS_IT = 2


class Team:
    """The people of a context who are at work; remembers to whom something was proposed already."""

    def __init__(self, context: WorkContext, vocabulary: Vocabulary, limits: Limits) -> None:
        self._names = {person.account_id: person.display_name for person in context.people}
        self._loads = {load.account_id: load for load in context.workload}
        self._issues = {issue.key: issue for issue in context.issues}
        self._may_take = [
            load
            for load in context.workload
            if load.account_id in vocabulary.account_ids
            and load.account_id in self._names
            and load.account_id not in limits.overloaded
            and (load.finished_last_4_weeks or load.in_sprint or load.in_progress)
        ]
        self._given: Counter[str] = Counter()
        self._takes: dict[str, str] = {}

    def name(self, account_id: str | None) -> str | None:
        """A person's name; None when it is not known."""
        name = self._names.get(account_id or "")
        return cleaned(name, 40) if name else None

    def give(self, issue: IssueBrief) -> str | None:
        """Whoever should take an issue: little in progress, and at home in its components; None when nobody can."""
        if issue.key in self._takes:
            return self._takes[issue.key]
        free = [load for load in self._may_take if self._given[load.account_id] < ISSUES_PER_PERSON]
        chosen = min(free, key=lambda load: (self._weight(load, issue), load.open, load.account_id), default=None)
        if chosen is None:
            return None
        self._given[chosen.account_id] += 1
        self._takes[issue.key] = chosen.account_id
        return chosen.account_id

    def why(self, account_id: str, issue: IssueBrief) -> str:
        """Why this person, in a sentence."""
        load, name = self._loads.get(account_id), self.name(account_id)
        if load is None or name is None:
            return ""
        known = [cleaned(component, 40) for component in issue.components if component in load.components]
        knows = f", and has worked on {known[0]}" if known else ""
        return (
            f"{name} has {load.in_progress} in progress and finished {load.finished_last_4_weeks} "
            f"in the last four weeks{knows}."
        )

    def reasons(self, actions: Iterable[Action]) -> list[str]:
        """Why those who are to take work in these steps."""
        found = [
            self.why(action.value, self._issues[action.issue_key])
            for action in actions
            if action.kind == "assign" and action.issue_key in self._issues
        ]
        return list(dict.fromkeys(filter(None, found)))

    def _weight(self, load: PersonLoad, issue: IssueBrief) -> int:
        knows_it = _KNOWS_IT if set(issue.components).intersection(load.components) else 0
        return load.in_progress + self._given[load.account_id] - knows_it
