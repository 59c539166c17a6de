"""How a post names things: one line an issue, with its title and who has it; people, sprints and pages by name."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from javis_pipeline.posts.blocks import ISSUE_KEY, Sites
from javis_pipeline.posts.text import escaped
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.risk import SEVERITY_ORDER, SPRINT_KINDS, Risk, RiskKind

TITLE_SHOWN: Final = 70
_KEYS_LINKED: Final = 6

KIND_WORDS: Final[Mapping[RiskKind, str]] = {
    "overdue": "overdue",
    "due_soon_not_started": "due soon, not started",
    "blocked": "blocked",
    "blocker_not_synced": "blocker not synced",
    "blocks_many": "holds up many",
    "idle_in_progress": "idle in progress",
    "unassigned_in_sprint": "in the sprint, unassigned",
    "high_priority_untouched": "high priority, untouched",
    "overloaded_person": "overloaded",
    "held_by_one": "holds most of it",
    "scope_creep": "grows",
    "sprint_off_track": "off track",
    "epic_late": "late epic",
    "version_late": "late version",
    "epic_without_estimate": "epic without estimate",
    "dependency_cycle": "waits in a circle",
    "reopened": "reopened",
    "conflict_open": "in conflict",
    "page_stale": "page out of date",
    "asleep": "nothing moves",
}


class Naming:
    """Names of what a context speaks of, as mrkdwn."""

    def __init__(self, context: WorkContext, sites: Sites) -> None:
        self.sites = sites
        self._today = context.today
        self._issues = {issue.key: issue for issue in context.issues}
        self._people = {person.account_id: person.display_name for person in context.people}
        self._sprints = {sprint.sprint_id: sprint.name for sprint in context.sprints}
        self._versions = {version.version_id: version.name for version in context.versions}
        self._pages = {page.page_id: page.title for page in context.pages}

    def person(self, account_id: str | None) -> str:
        """A person's name; "somebody" when it is not known."""
        return escaped(self._people.get(account_id or "", "somebody"), 60)

    def owner(self, key: str) -> str:
        """Who has an issue; empty when nobody has, or when it is not known here."""
        issue = self._issues.get(key)
        return self.person(issue.assignee_id) if issue and issue.assignee_id in self._people else ""

    def mention(self, key: str) -> str:
        """Who has an issue, called by Slack where that may be; as `owner` elsewhere."""
        issue = self._issues.get(key)
        slack_id = self.sites.people.get(issue.assignee_id or "") if issue else None
        return f"<@{slack_id}>" if slack_id else self.owner(key)

    def title(self, key: str) -> str:
        """The title of an issue; empty when it is not known."""
        issue = self._issues.get(key)
        return escaped(issue.title, TITLE_SHOWN) if issue and issue.title else ""

    def issue(self, key: str) -> str:
        """The key as a link, the title, and who has it."""
        owner = self.owner(key)
        return " ".join(
            part for part in (self.sites.issue(key), self.title(key), f"({owner})" if owner else "") if part
        )

    def text(self, sentence: str, most: int = 200) -> str:
        """One of our own sentences, with the issue keys in it as links."""
        line = escaped(sentence, most)
        # A key that was cut off would be another issue's key.
        if line.endswith("…"):
            return line
        return ISSUE_KEY.sub(lambda found: self.sites.issue(found[0]), line, count=_KEYS_LINKED)

    def subject(self, risk: Risk) -> tuple[str, str]:
        """What a finding is about: an id to group by, and its name."""
        if risk.account_id is not None:
            return risk.account_id, self.person(risk.account_id)
        if risk.kind in SPRINT_KINDS:
            sprint_id = risk.evidence.get("sprint_id")
            name = self._sprints.get(sprint_id) if isinstance(sprint_id, int) else None
            return f"sprint {sprint_id}", escaped(name or "the sprint", 60)
        if risk.kind == "version_late":
            name = self._versions.get(str(risk.evidence["version_id"]))
            return risk.finding_id, f"version {escaped(name, 60)}" if name else "the version"
        if risk.page_ids:
            page = risk.page_ids[0]
            return f"page {page}", self.sites.page(page, self._pages.get(page) or "a page without a title")
        if risk.kind == "dependency_cycle" or not risk.issue_keys:
            return risk.finding_id, ""
        return risk.issue_keys[0], self.issue(risk.issue_keys[0])

    def told(self, risk: Risk) -> str:
        """What a finding says of its subject."""
        if risk.kind == "blocked" and len(risk.issue_keys) > 1:
            return self._blocked(risk)
        said, subject = risk.summary.rstrip("."), risk.issue_keys[0] if risk.issue_keys else ""
        heads = (
            f"epic {subject} ",
            f"{subject} ",
            "one person ",
            "the sprint ",
            "the version ",
            *(f"page {p} " for p in risk.page_ids),
        )
        head = next((head for head in heads if said.startswith(head)), "")
        return self.text(said.removeprefix(head).removeprefix("is "))

    def _blocked(self, risk: Risk) -> str:
        blockers = ", ".join(self.sites.issue(key) for key in risk.issue_keys[1:4])
        more = f" and {len(risk.issue_keys) - 4} more" if len(risk.issue_keys) > 4 else ""
        return f"blocked by {blockers}{more}" + (f" since {_day(risk.since, self._today)}" if risk.since else "")

    def lines(self, risks: Iterable[Risk], *, mark: str = "") -> list[str]:
        """One line a subject with what is said of it, in the order of the first of that; `mark` goes in front."""
        groups: dict[str, list[Risk]] = {}
        for risk in risks:
            groups.setdefault(self.subject(risk)[0], []).append(risk)
        return [self._line(group, mark) for group in groups.values()]

    def _line(self, group: Sequence[Risk], mark: str) -> str:
        worst = min(group, key=lambda risk: SEVERITY_ORDER[risk.severity])
        name = self.subject(worst)[1]
        told = "; ".join(dict.fromkeys(map(self.told, group[:3])))
        return f"• {mark}*{worst.severity}* {f'{name}: ' if name else ''}{told}"


def _day(value: date, today: date) -> str:
    return f"{value.day} {value:%B}" + ("" if value.year == today.year else f" {value.year}")


def kind_words(finding_id: str) -> str:
    """What a finding is, by its id."""
    kind = finding_id.partition(":")[0]
    return next((words for name, words in KIND_WORDS.items() if name == kind), escaped(kind, 30))
