"""The rules engine: the same findings, ranked and turned into steps without a model.

Deterministic: the same context gives the same suggestions in the same order. It answers when there is no API key, and
in Claude's place when the call fails; wherever its suggestions are shown, they are labelled as the rules'.

One suggestion is about one thing, no issue is in two of them, and each has a step that a person can accept.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Final

from javis_pipeline.records.blockers import BlockingLink
from javis_pipeline.records.context import IssueBrief, WorkContext
from javis_pipeline.records.plans import SprintState
from javis_pipeline.records.risk import Risk, RiskKind
from javis_pipeline.records.suggestion import Action, ActionKind, Advice, Suggestion, Vocabulary
from javis_pipeline.suggestions.cleaning import cleaned
from javis_pipeline.suggestions.grounding import RATIONALE_LENGTH, TITLE_LENGTH, seen_values
from javis_pipeline.suggestions.limits import Limits
from javis_pipeline.suggestions.phrases import ASK, BECAUSE, QUESTIONS, SPRINT_IS_OVER
from javis_pipeline.suggestions.ranking import CONFIDENCE, Ranking
from javis_pipeline.suggestions.team import Team
from javis_pipeline.suggestions.topics import Topic, topics
from javis_pipeline.suggestions.wording import counted, day_words, listed, said, sentence

MOST_SUGGESTIONS = 8
# Twelve issues without an assignee are not to crowd out the one blocker.
SUGGESTIONS_PER_KIND = 3
REASONS_TOLD = 3
ISSUES_TO_TRIM = 3


def rules_advice(context: WorkContext, vocabulary: Vocabulary, *, notes: tuple[str, ...] = ()) -> Advice:
    """At most `MOST_SUGGESTIONS` suggestions for a context (narrowed to what they may speak of), best first."""
    advisor = _Advisor(context, vocabulary)
    suggestions: list[Suggestion] = []
    told: Counter[RiskKind] = Counter()
    for topic in topics(context, advisor.ranking.score):
        kind = topic.risks[0].kind
        made = advisor.suggestion(topic) if told[kind] < SUGGESTIONS_PER_KIND else None
        if made is not None:
            suggestions.append(made)
            told[kind] += 1
        if len(suggestions) == MOST_SUGGESTIONS:
            break
    return Advice("rules", None, tuple(suggestions), notes=notes)


class _Advisor:
    """Makes suggestions from one context, one after the other: what one speaks of, the next ones leave alone."""

    def __init__(self, context: WorkContext, vocabulary: Vocabulary) -> None:
        self._context = context
        self._vocabulary = vocabulary
        self._limits = Limits(context, vocabulary)
        self._team = Team(context, vocabulary, self._limits)
        self._issues = {issue.key: issue for issue in context.issues}
        self.ranking = Ranking(context, vocabulary)
        self._blocking = {link.blocker_key for link in context.blockers.links}
        self._urgent = {
            risk.issue_keys[0] for risk in context.risks if risk.severity == "high" and risk.kind in _CANNOT_WAIT
        }
        self._claimed: set[str] = set()

    # ---- one suggestion

    def suggestion(self, topic: Topic) -> Suggestion | None:
        """What to do about a topic; None when no step helps, or when its issues are spoken of already."""
        match topic.kind:
            case "issue":
                return None if topic.subject in self._claimed else self._about_issue(topic)
            case "circle":
                return self._about_circle(topic)
            case "sprint":
                return self._about_sprint(topic)
            case "person":
                return self._about_person(topic)

    def _made(self, topic: Topic, title: str, actions: Sequence[Action], *reasons: str) -> Suggestion:
        """The suggestion; its steps' issues are spoken of from now on."""
        lead = topic.risks[0]
        keys = [*([topic.subject] if topic.kind == "issue" else []), *(action.issue_key for action in actions)]
        if topic.kind in ("issue", "circle"):
            keys += [key for risk in topic.risks for key in _about(risk)]
        self._claimed.update(keys)
        return Suggestion(
            kind=lead.kind,
            title=cleaned(title, TITLE_LENGTH),
            rationale=cleaned(" ".join(filter(None, [*reasons, *self._team.reasons(actions)])), RATIONALE_LENGTH),
            issue_keys=tuple(dict.fromkeys(key for key in keys if key in self._issues))[:10],
            finding_ids=tuple(risk.finding_id for risk in topic.risks),
            actions=tuple(actions),
            confidence=CONFIDENCE[self.ranking.severity(lead)],
        )

    def _reasons(self, topic: Topic) -> list[str]:
        told, named = [], {topic.subject}
        for risk in topic.risks[:REASONS_TOLD]:
            told.append(self._reason(risk, named))
            named.update(risk.issue_keys[:1])
        left = len(topic.risks) - len(told)
        return [*told, *([f"{counted(left, 'more finding')} about it." if left else ""])]

    def _reason(self, risk: Risk, named: Collection[str]) -> str:
        """The finding as a sentence; an issue that was not named before comes with its title."""
        key = risk.issue_keys[0] if risk.issue_keys else ""
        name = key if key in named else said(key, self._issues)
        if risk.kind == "blocked" and len(risk.issue_keys) > 1:
            since = f" since {day_words(risk.since, self._context.today)}" if risk.since else ""
            return f"{name} has been blocked{since}."
        summary = risk.summary
        if risk.kind == "version_late":
            summary = summary.replace("the version", self._version(risk), 1)
        if risk.account_id is not None:
            summary = summary.replace("one person", self._team.name(risk.account_id) or "one person", 1)
        if key and summary.startswith(f"{key} "):
            summary = name + summary[len(key) :]
        return sentence(summary)

    def _version(self, risk: Risk) -> str:
        names = {version.version_id: version.name for version in self._context.versions}
        return f"version {cleaned(names.get(str(risk.evidence.get('version_id')), ''), 40)}".strip()

    # ---- an issue

    def _about_issue(self, topic: Topic) -> Suggestion | None:
        issue = self._issues[topic.subject]
        actions = self._edits(topic, issue) or [_action("comment_draft", issue, self._question(topic))]
        return self._made(topic, self._title(topic, issue, actions), actions, *self._reasons(topic))

    def _edits(self, topic: Topic, issue: IssueBrief) -> list[Action]:
        """Changes of the issue that the findings call for and nothing forbids; one of a kind."""
        if issue.key.rpartition("-")[0] != self._context.project_key:
            return []
        wanted = [action for risk in topic.risks for action in self._wanted(risk, topic, issue)]
        allowed = [action for action in wanted if self._limits.fault(action) is None]
        return list({action.kind: action for action in reversed(allowed)}.values())[::-1]

    def _wanted(self, risk: Risk, topic: Topic, issue: IssueBrief) -> Iterator[Action]:
        holds_up = risk.kind == "blocks_many" or (risk in topic.waiting and risk.kind != "blocker_not_synced")
        if holds_up and issue.status_category == "new" and self.ranking.pressing.intersection(risk.issue_keys):
            yield from self._hurried(issue)
        if risk.kind == "overdue" and not topic.waiting:
            yield from self._dated(issue)
        if risk.kind in _NEEDS_SOMEBODY and risk.severity != "low" and risk.issue_keys[0] == issue.key:
            yield from self._given(issue)
        if risk.kind == "epic_without_estimate":
            yield _action("add_label", issue, "needs-estimate")

    def _hurried(self, issue: IssueBrief) -> Iterator[Action]:
        priority = self._limits.least_high()
        if priority is not None:
            yield _action("set_priority", issue, priority)
        yield from self._given(issue)

    def _given(self, issue: IssueBrief) -> Iterator[Action]:
        if issue.assignee_id is None and issue.key not in self._limits.waiting | self._limits.left_over:
            person = self._team.give(issue)
            if person is not None:
                yield _action("assign", issue, person)

    def _dated(self, issue: IssueBrief) -> Iterator[Action]:
        """The end of the running sprint that the issue is in."""
        for sprint in self._context.sprints:
            if issue.key in sprint.remaining_keys and sprint.end_on and sprint.end_on >= self._context.today:
                yield _action("set_due_date", issue, sprint.end_on.isoformat())
                return

    def _question(self, topic: Topic) -> str:
        """What the lead would ask, as a comment."""
        waiting = list(dict.fromkeys(risk.issue_keys[0] for risk in topic.waiting if risk.kind != "blocker_not_synced"))
        if waiting:
            verb = "waits" if len(waiting) == 1 else "wait"
            return f"{listed(waiting)} {verb} for this. {QUESTIONS['blocked']}"
        lead = topic.risks[0]
        unknown = self._unknown_blocker(lead)
        if unknown:
            return f"This waits for {unknown}. Is that done?"
        if lead.kind == "epic_late" and lead.evidence.get("p85_on"):
            until = day_words(date.fromisoformat(str(lead.evidence["p85_on"])), self._context.today)
            return f"{QUESTIONS['epic_late']} In 85 of 100 cases it is done by {until}."
        return QUESTIONS[lead.kind]

    def _title(self, topic: Topic, issue: IssueBrief, actions: Sequence[Action]) -> str:
        name, lead = said(issue.key, self._issues), topic.risks[0]
        steps = {action.kind: action.value for action in actions}
        waiting = list(dict.fromkeys(risk.issue_keys[0] for risk in topic.waiting if risk.kind != "blocker_not_synced"))
        if waiting:
            verb = "waits" if len(waiting) == 1 else "wait"
            do = "Ask what {} needs" if "comment_draft" in steps else "Start {}"
            return f"{do.format(name)}: {listed(waiting)} {verb} for it"
        if "assign" in steps:
            return f"Give {name} to {self._team.name(steps['assign'])}: {BECAUSE[lead.kind]}"
        unknown = self._unknown_blocker(lead)
        if unknown:
            return f"Find out whether {unknown} is done: {name} waits for it"
        if "set_due_date" in steps:
            return f"Move the date of {name}: it is overdue"
        if "set_priority" in steps:
            return f"Start {name}: {BECAUSE[lead.kind]}"
        return ASK[lead.kind].format(name)

    def _unknown_blocker(self, risk: Risk) -> str | None:
        """What the subject waits for and nobody here can see; None when it waits for nothing of that kind."""
        if risk.kind == "blocker_not_synced":
            return risk.issue_keys[0]
        return next(iter(risk.issue_keys[1:]), None) if risk.kind == "blocked" else None

    # ---- a circle

    def _about_circle(self, topic: Topic) -> Suggestion | None:
        circle = next(risk for risk in topic.risks if risk.finding_id == topic.subject)
        members = [key for key in circle.issue_keys if key in self._issues]
        if not members or self._claimed.intersection(members):
            return None
        link = self._youngest(set(members))
        asked = self._issues[link.blocked_key if link else members[0]]
        if link is None:
            question = f"{listed(members)} wait for each other in a circle. Which of the links can go?"
            title = f"Cut the circle of {listed(members)}"
        else:
            question = (
                f"{listed(members)} wait for each other in a circle. The youngest link in it says that "
                f"{link.blocker_key} blocks {link.blocked_key}. Can it go?"
            )
            title = f"Remove the link by which {link.blocker_key} blocks {said(link.blocked_key, self._issues)}"
        names = sentence(f"{listed([said(key, self._issues) for key in members])} wait for each other")
        youngest = "That link is the youngest of the circle." if link else ""
        actions = [_action("comment_draft", asked, question)]
        return self._made(topic, title, actions, names, youngest)

    def _youngest(self, members: set[str]) -> BlockingLink | None:
        """The link of the circle that was made last; None when that is not known."""
        numbered = [
            (link.number, link)
            for link in self._context.blockers.links
            if link.number is not None and {link.blocker_key, link.blocked_key} <= members
        ]
        return max(numbered, key=lambda each: each[0])[1] if numbered else None

    # ---- a sprint

    def _about_sprint(self, topic: Topic) -> Suggestion | None:
        sprint = next((each for each in self._context.sprints if str(each.sprint_id) == topic.subject), None)
        if sprint is not None and sprint.is_over:
            return self._about_the_end_of(sprint, topic)
        name = cleaned(sprint.name, 40) if sprint else "the sprint"
        could = self._leaving(topic, sprint)
        leaving = could[:ISSUES_TO_TRIM]
        if not leaving:
            return None
        actions = [_action("comment_draft", issue, QUESTIONS[topic.risks[0].kind]) for issue in leaving]
        title = f"Take {listed([said(issue.key, self._issues) for issue in leaving])} out of {name}"
        why = ["Not begun, not urgent, and nothing waits for it.", self._rest(sprint, len(could), len(leaving))]
        return self._made(topic, title, actions, *self._reasons(topic), self._room(sprint), *why)

    def _about_the_end_of(self, sprint: SprintState, topic: Topic) -> Suggestion | None:
        """All that is left is planned anew, the urgent and the begun as well; the most urgent is asked about."""
        ranks = {name: rank for rank, name in enumerate(self._vocabulary.priorities)}
        left = [self._issues[key] for key in sprint.remaining_keys if key in self._issues and key not in self._claimed]
        left.sort(key=lambda issue: ranks.get(issue.priority or "", len(ranks)))
        if not left:
            return None
        asked = left[:ISSUES_TO_TRIM]
        more = len(sprint.remaining_keys) - len(asked)
        titles = [*(said(issue.key, self._issues) for issue in asked), *([f"{more} more"] if more else [])]
        title = f"Close {cleaned(sprint.name, 40)}, and plan {listed(titles)} anew"
        return self._made(
            topic, title, [_action("comment_draft", issue, SPRINT_IS_OVER) for issue in asked], *self._reasons(topic)
        )

    def _leaving(self, topic: Topic, sprint: SprintState | None) -> list[IssueBrief]:
        """What can leave the sprint, the least important first: not begun, not urgent, and nothing waits for it.

        Of a sprint that only grew, what was in it from the start stays.
        """
        named = [key for risk in topic.risks for key in risk.issue_keys]
        ranks = {name: rank for rank, name in enumerate(self._vocabulary.priorities)}
        added = set(sprint.added_keys if sprint else ())
        grew_only = all(risk.kind == "scope_creep" for risk in topic.risks)
        keys = dict.fromkeys(named if grew_only or sprint is None else [*named, *sprint.remaining_keys])
        waiting = [
            self._issues[key]
            for key in keys
            if key in self._issues
            and self._can_wait(self._issues[key], sprint)
            and key not in self._blocking | self._limits.waiting | self._claimed
        ]
        return sorted(
            waiting,
            key=lambda issue: (
                -ranks.get(issue.priority or "", len(ranks)),
                issue.key not in added,
                issue.assignee_id is not None,
            ),
        )

    def _can_wait(self, issue: IssueBrief, sprint: SprintState | None) -> bool:
        is_due = issue.due_date and sprint and sprint.end_on and issue.due_date <= sprint.end_on
        is_high = (issue.priority or "").casefold() in self._context.high_priorities
        return issue.status_category == "new" and not (is_due or is_high or issue.key in self._urgent)

    def _room(self, sprint: SprintState | None) -> str:
        """How much of the sprint fits into the days that are left; "" for all of it."""
        pace, fits = self._fits(sprint)
        if sprint is None or not pace or fits >= len(sprint.remaining_keys):
            return ""
        return f"At {pace:.1f} items a week about {fits} of the {len(sprint.remaining_keys)} fit."

    def _rest(self, sprint: SprintState | None, could: int, leaving: int) -> str:
        """What else has to leave, when that is more than is named."""
        pace, fits = self._fits(sprint)
        excess = len(sprint.remaining_keys) - fits if sprint is not None and pace else 0
        if excess > could:
            return "That is not enough: all else is begun, due, urgent or waited for, so the team has to choose."
        return f"The same holds for {could - leaving} more." if could > leaving and excess > leaving else ""

    def _fits(self, sprint: SprintState | None) -> tuple[float, int]:
        """Items a week at the pace of what goes to the sprint, 0.0 when nobody knows; and how many are done in time."""
        if sprint is None or sprint.days_left is None or sprint.is_over:
            return 0.0, 0
        shares = {forecast.subject: forecast.share for forecast in self._context.forecasts}
        pace = self._context.flow.weekly_pace * (shares.get(f"sprint:{sprint.sprint_id}") or 1.0)
        return pace, round(pace * (sprint.days_left + 1) / 7)

    # ---- a person

    def _about_person(self, topic: Topic) -> Suggestion | None:
        """Hand over an issue of the sprint that the person has not begun; else ask about the one untouched longest."""
        name = self._team.name(topic.subject) or "one person"
        waiting = [issue for issue in self._context.issues if self._can_go(issue, topic.subject)]
        person = self._team.give(waiting[0]) if waiting else None
        if person is not None:
            actions = [_action("assign", waiting[0], person)]
            title = f"Take {said(waiting[0].key, self._issues)} off {name}: give it to {self._team.name(person)}"
            return self._made(topic, title, actions, *self._reasons(topic))
        keys = [key for risk in topic.risks for key in risk.issue_keys]
        free = [key for key in keys if key in self._issues and key not in self._claimed | self._limits.waiting]
        if not free:
            return None
        actions = [_action("comment_draft", self._issues[free[0]], QUESTIONS["overloaded_person"])]
        title = f"Take work off {name}: ask about {said(free[0], self._issues)}"
        return self._made(topic, title, actions, *self._reasons(topic))

    def _can_go(self, issue: IssueBrief, account_id: str) -> bool:
        return (
            issue.assignee_id == account_id
            and issue.status_category == "new"
            and issue.key in self.ranking.in_sprint
            and issue.key.rpartition("-")[0] == self._context.project_key
            and issue.key not in self._claimed | self._limits.waiting | self._urgent
        )


def _action(kind: ActionKind, issue: IssueBrief, value: str) -> Action:
    return Action(kind, issue.key, value, seen_values(kind, issue))


def _about(risk: Risk) -> tuple[str, ...]:
    """The issues that a finding is about; the others in it are what those wait for."""
    return risk.issue_keys if risk.kind == "dependency_cycle" else risk.issue_keys[:1]


_NEEDS_SOMEBODY: Final = frozenset[RiskKind](
    {"due_soon_not_started", "unassigned_in_sprint", "high_priority_untouched"}
)
_CANNOT_WAIT: Final = frozenset[RiskKind](
    {"overdue", "due_soon_not_started", "blocks_many", "reopened", "high_priority_untouched"}
)
