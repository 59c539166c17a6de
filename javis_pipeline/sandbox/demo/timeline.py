"""From what the teams planned to a site with a past: everything happens in Jira in the order of its day and hour."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import count
from typing import Any, NamedTuple

from javis_pipeline.sandbox.demo.own_fields import VERSIONS, own_values
from javis_pipeline.sandbox.demo.plans import Epic, Plan, Team
from javis_pipeline.sandbox.jira.site import JiraSite

SPRINT = timedelta(days=14)
PAST_SPRINTS = 8
# What a story of so many points takes from start to finish, in working days; teams are never exact.
_DAYS_PER_POINT = 0.8


@dataclass(order=True)
class _Event:
    at: datetime
    number: int
    happen: Callable[[], object] = field(compare=False)


class _Work(NamedTuple):
    """When work on an issue began and when it ended or last moved."""

    started: datetime
    ended: datetime


class Timeline:
    """Collects what happens, then lets it happen.

    Args:
        jira: Where it happens.
        now: The end of the past.
        rng: All chance.
    """

    def __init__(self, jira: JiraSite, *, now: datetime, rng: random.Random) -> None:
        self.keys: dict[str, str] = {}
        """Issue keys by handle; filled by `run`."""
        self._jira = jira
        self._now = now
        self._rng = rng
        self._events: list[_Event] = []
        self._numbers = count()
        self._sprints: dict[tuple[str, int], int] = {}
        self._created: dict[str, datetime] = {}
        self._quiet_since: dict[str, datetime] = {}
        self._blocks: list[tuple[str, str]] = []
        self._happening = now

    def run(self) -> None:
        """Everything that was collected and is not in the future, in order."""
        self._add_links()
        for event in sorted(self._events):
            if event.at <= self._now:
                event.happen()

    def add(self, team: Team) -> None:
        """A team: project, sprints, epics and issues."""
        self._jira.create_project(team.key, team.name, lead=team.lead)
        for name in VERSIONS:
            self._jira.plan_version(team.key, name)
        for number in range(-PAST_SPRINTS, 2):
            self._add_sprint(team, number)
        for plan in team.plans:
            self._add_plan(team, plan)
        for epic in team.epics:
            self._add_epic(team, epic)

    def sprint_start(self, sprint: int) -> datetime:
        """Monday morning of a sprint, counted from the running one, which began 3 to 9 days ago."""
        weekday = self._now.weekday()
        monday = self._now.date() - timedelta(days=weekday if weekday >= 3 else weekday + 7)
        return datetime.combine(monday, time(8), UTC) + sprint * SPRINT

    # -- sprints

    def _add_sprint(self, team: Team, sprint: int) -> None:
        start = self.sprint_start(sprint)
        end = start + SPRINT - timedelta(hours=16)
        name = f"{team.sprint_name} {team.first_sprint + PAST_SPRINTS + sprint}"
        goal = team.goals[(sprint + PAST_SPRINTS) % len(team.goals)]

        # Made when it is planned, two sprints ahead: issues can only be put into sprints that exist.
        made = self._jira.create_sprint(team.key, name, start=start, end=end, goal=goal)
        self._sprints[team.key, sprint] = made.number
        if sprint <= 0:
            self._on(start, lambda: self._jira.change_sprint(made.number, state="active"))
        if sprint < 0:
            self._on(end, lambda: self._jira.change_sprint(made.number, state="closed", complete=end))

    # -- issues

    def _add_epic(self, team: Team, epic: Epic) -> None:
        children = [plan for plan in team.plans if plan.epic == epic.handle]
        sprints = [plan.sprint for plan in children if plan.sprint is not None]
        oldest = min(self._created[_handle(team, plan)] for plan in children)
        created = self._in_day(oldest - timedelta(days=self._rng.randint(2, 6)))
        due = None if epic.due is None else (self._now + timedelta(days=epic.due)).date()
        values = {"title": epic.title, "description": epic.why, "assignee": epic.who, "due_date": due, "type": "Epic"}
        self._create(team, epic.handle, created, team.lead, {n: v for n, v in values.items() if v is not None}, None)
        if sprints:
            self._move(epic.handle, "In Progress", self._in_day(self.sprint_start(min(sprints))), epic.who)
        if epic.done:
            self._move(epic.handle, "Done", self._in_day(self.sprint_start(max(sprints)) + SPRINT), epic.who)

    def _add_plan(self, team: Team, plan: Plan) -> None:
        handle, author = _handle(team, plan), self._rng.choice(team.people)
        planned = self.sprint_start(_first_sprint(plan))
        work = self._worked(plan, planned) if plan.outcome != "todo" else None
        created = self._created_at(plan, planned if work is None else min(planned, work.started))
        if work is not None:
            created = min(created, work.started - timedelta(minutes=90))
        if plan.kind == "Sub-task" and plan.epic is not None:
            created = max(created, self._created[plan.epic] + timedelta(hours=1))
        own = own_values(team, plan, handle, self._now.date())
        if "reviewer" in own:
            own["reviewer"] = self._jira.person_sent(own["reviewer"])
        self._create(team, handle, created, author, self._first_values(team, plan) | own, plan.epic)
        begin = work.started if work is not None else max(planned, created + timedelta(hours=8))
        self._add_refinement(team, plan, created, min(begin, self._now))
        if plan.sprint is not None:
            self._add_to_sprints(team, plan, begin)
        self._add_work(team, plan, work)
        self._quiet_since[handle] = work.ended if work is not None and plan.idle else self._now
        self._blocks += [(handle, waiting) for waiting in plan.blocks]

    def _first_values(self, team: Team, plan: Plan) -> dict[str, Any]:
        text = team.documents[plan.rich] if plan.rich else plan.why or None
        values = {
            "title": plan.title,
            "type": plan.kind,
            "description": text,
            "labels": sorted(plan.labels) or None,
            "priority": "Medium" if plan.priority in {"High", "Highest"} and plan.kind != "Bug" else plan.priority,
        }
        return {name: value for name, value in values.items() if value is not None}

    def _created_at(self, plan: Plan, begin: datetime) -> datetime:
        if plan.late:
            since = self._now - self.sprint_start(0)
            return self._in_day(min(begin, self.sprint_start(0) + since * self._rng.uniform(0.4, 0.8)))
        if plan.sprint is None:
            return self._in_day(self._now - timedelta(days=self._rng.randint(20, 110)))
        days = self._rng.randint(2, 9) if plan.kind == "Bug" else self._rng.randint(8, 40)
        return self._in_day(min(begin, self._now) - timedelta(days=days))

    def _add_refinement(self, team: Team, plan: Plan, created: datetime, begin: datetime) -> None:
        """Estimate, importance, assignee and due date come after creation, as they do in life."""
        handle = _handle(team, plan)
        refined = created + (begin - created) * self._rng.uniform(0.2, 0.6)
        if plan.points is not None:
            self._on(refined, lambda: self._edit(handle, team.lead, story_points=plan.points))
        if plan.priority in {"High", "Highest"} and plan.kind != "Bug":
            self._on(refined + timedelta(minutes=7), lambda: self._edit(handle, team.lead, priority=plan.priority))
        if plan.who is not None:
            self._on(refined + timedelta(minutes=9), lambda: self._edit(handle, team.lead, assignee=plan.who))
        if plan.due is not None:
            due = (self._now + timedelta(days=plan.due)).date()
            self._on(refined + timedelta(minutes=11), lambda: self._edit(handle, team.lead, due_date=due))

    def _add_to_sprints(self, team: Team, plan: Plan, begin: datetime) -> None:
        """Into its first sprint before work on it begins, and from each into the next when it is not finished."""
        assert plan.sprint is not None
        handle, first = _handle(team, plan), _first_sprint(plan)
        planning = min(self.sprint_start(first), self._now) - timedelta(hours=self._rng.uniform(1, 40))
        for sprint in range(first, plan.sprint + 1):
            number = self._sprints[team.key, sprint]
            at = self.sprint_start(sprint) - timedelta(minutes=30)
            if sprint == first:
                at = begin if plan.late else min(planning, begin - timedelta(minutes=20))
            self._on(at, partial(self._edit, handle, team.lead, sprint=number))

    def _worked(self, plan: Plan, planned: datetime) -> _Work:
        """When work on it began and ended, or last moved."""
        if plan.outcome != "done":
            last = self._now - timedelta(days=plan.idle or self._rng.uniform(0.2, 2.5))
            days = self._rng.uniform(7, 9) if plan.reopened else self._rng.uniform(1, 4)
            return _Work(self._in_day(last - timedelta(days=days)), last)
        assert plan.sprint is not None
        end = min(self.sprint_start(plan.sprint) + SPRINT - timedelta(hours=18), self._now - timedelta(hours=3))
        days = max(0.4, (plan.points or 2) * _DAYS_PER_POINT * self._rng.lognormvariate(0, 0.5))
        first_days = (end - planned) / timedelta(days=1) * 0.6
        started = self._in_day(planned + timedelta(days=self._rng.triangular(0.1, first_days, first_days / 3)))
        finished = started + timedelta(days=days + 9 * plan.carried)
        return _Work(started, min(max(finished, started + timedelta(hours=3)), end))

    def _add_work(self, team: Team, plan: Plan, work: _Work | None) -> None:
        if work is None:
            self._add_talk(team, plan, self._now - timedelta(days=4), self._now - timedelta(hours=5))
            return
        handle, who = _handle(team, plan), plan.who or team.lead
        reviewed = work.started + (work.ended - work.started) * self._rng.uniform(0.6, 0.9)
        self._move(handle, "In Progress", work.started, who)
        if plan.outcome in {"review", "done"}:
            self._move(handle, "In Review", reviewed, who)
        if plan.outcome == "done":
            self._move(handle, "Done", work.ended, self._rng.choice(team.people))
        if plan.reopened:
            self._reopen(plan, handle, who, work)
        self._add_talk(team, plan, work.started, work.ended)

    def _reopen(self, plan: Plan, handle: str, who: str, work: _Work) -> None:
        """What was done comes back; and is done again, unless it is still in work."""
        if plan.outcome == "progress":
            self._move(handle, "Done", work.started + timedelta(days=1), who)
            self._move(handle, "To Do", work.ended - timedelta(hours=2), who)
            self._move(handle, "In Progress", work.ended, who)
            return
        for days, status in ((6.0, "To Do"), (6.3, "In Progress"), (8.0, "In Review"), (8.4, "Done")):
            self._move(handle, status, work.ended + timedelta(days=days), who)

    def _add_talk(self, team: Team, plan: Plan, first: datetime, last: datetime) -> None:
        said = list(plan.talk)
        if not said and self._rng.random() < 0.45:
            said = [(self._rng.choice(team.people), self._rng.choice(team.small_talk))]
        handle = _handle(team, plan)
        for number, (name, text) in enumerate(said, 1):
            at = first + (last - first) * (number / (len(said) + 1))
            self._on(at, partial(self._comment, handle, name, text))

    def _add_links(self) -> None:
        """Links between teams are made when both issues exist, so after everything else is planned."""
        for source, destination in self._blocks:
            first = max(self._created[source], self._created[destination]) + timedelta(minutes=5)
            last = max(first, min(self._quiet_since[source], self._quiet_since[destination]))
            at = first + (last - first) * self._rng.uniform(0.0, 0.6)
            self._on(at, partial(self._link, source, destination))

    # -- what happens

    def _create(
        self, team: Team, handle: str, at: datetime, author: str, values: dict[str, Any], parent: str | None
    ) -> None:
        self._created[handle] = at

        def happen() -> None:
            above = {"parent_key": self.keys[parent]} if parent is not None else {}
            self.keys[handle] = self._jira.create(team.key, by=author, at=at, **above, **values).state.key

        self._on(at, happen)

    def _edit(self, handle: str, who: str, **values: Any) -> None:
        self._jira.edit(self.keys[handle], by=who, at=self._happening, **values)

    def _move(self, handle: str, status: str, at: datetime, who: str) -> None:
        self._on(at, lambda: self._jira.transition(self.keys[handle], status, by=who, at=at))

    def _comment(self, handle: str, who: str, text: str) -> None:
        self._jira.comment(self.keys[handle], text, by=who, at=self._happening)

    def _link(self, source: str, destination: str) -> None:
        self._jira.link(self.keys[source], "Blocks", self.keys[destination], at=self._happening)

    def _on(self, at: datetime, happen: Callable[[], object]) -> None:
        def timed() -> None:
            self._happening = at
            happen()

        self._events.append(_Event(at, next(self._numbers), timed))

    def _in_day(self, day: datetime) -> datetime:
        """Some moment of the working day; Friday instead of the weekend."""
        day -= timedelta(days=max(0, day.weekday() - 4))
        moment = datetime.combine(day.date(), time(8), UTC) + timedelta(minutes=self._rng.uniform(0, 9 * 60))
        return min(moment, self._now - timedelta(minutes=self._rng.uniform(5, 50)))


def _handle(team: Team, item: Epic | Plan) -> str:
    return item.handle or f"{team.key}:{item.title}"


def _first_sprint(plan: Plan) -> int:
    """The sprint it was planned for at first; the next one for the backlog."""
    return max((1 if plan.sprint is None else plan.sprint) - plan.carried, -PAST_SPRINTS)
