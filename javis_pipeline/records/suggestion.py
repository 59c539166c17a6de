"""Suggestions: what the advice proposes, what it stands on, and what accepting it would do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

ActionKind = Literal["set_priority", "add_label", "set_due_date", "assign", "comment_draft", "split", "link_blocker"]
Engine = Literal["claude", "rules"]
SuggestionState = Literal["proposed", "accepted", "rejected", "expired"]

# Accepting these writes a local edit that the next sync pushes; the others are texts for a person to use.
EDITED_FIELD: Final[Mapping[ActionKind, str]] = {
    "set_priority": "priority",
    "add_label": "labels",
    "set_due_date": "due_date",
    "assign": "assignee_id",
}

# Labels that advice may give even where nobody has used them yet. Otherwise it takes those in use: a label can start
# automation in Jira, so it must not be one that somebody smuggled into a text.
ADVICE_LABELS: Final = frozenset({"needs-attention", "needs-estimate", "needs-split"})


TITLES_APART: Final = "; "
"""Between the titles of the issues that an issue is split into."""


@dataclass(frozen=True, slots=True)
class Action:
    """One step on one issue.

    Attributes:
        value: The priority's name, the label, the due date (ISO), the account id, the text of the comment, how to
            split, or the key of the blocking issue.
        seen: Fields of the issue as they were when this was proposed; another value now makes the action stale.
    """

    kind: ActionKind
    issue_key: str
    value: str
    seen: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def titles(self) -> tuple[str, ...]:
        """Of the issues that an issue is split into; empty where it only says how to."""
        titles = tuple(self.value.split(TITLES_APART)) if self.kind == "split" else ()
        return titles if len(titles) > 1 else ()

    @property
    def project(self) -> str:
        """Key of the issue's project."""
        return self.issue_key.rpartition("-")[0]

    def words(self, names: Mapping[str, str], *, done: bool = False) -> str:
        """What it does, as in "set the priority of OQC-7 to High". `names` are people's names by account id.

        `done` when it was done here: then nobody is told where to do it.
        """
        where = "" if done else "in Jira, "
        match self.kind:
            case "set_priority":
                return f"set the priority of {self.issue_key} to {self.value}"
            case "add_label":
                return f"add the label {self.value} to {self.issue_key}"
            case "set_due_date":
                return f"set the due date of {self.issue_key} to {self.value}"
            case "assign":
                return f"assign {self.issue_key} to {names.get(self.value, self.value)}"
            case "link_blocker":
                return f"in Jira, link {self.issue_key} as blocked by {self.value}"
            case "split":
                return f"{where}split {self.issue_key}: {self.value}"
            case "comment_draft":
                return f"{where}comment on {self.issue_key}: {self.value}"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A proposal that cites the findings it stands on.

    Attributes:
        kind: Kind of the first finding, as in `records.risk.RiskKind`.
        issue_keys: Issues it is about, the most important one first.
        finding_ids: Findings of the work context that it cites; never empty.
        confidence: 0 to 1.
    """

    kind: str
    title: str
    rationale: str
    issue_keys: tuple[str, ...]
    finding_ids: tuple[str, ...]
    actions: tuple[Action, ...]
    confidence: float


Outcome = Literal["accepted", "done", "rejected", "overtaken", "open"]


@dataclass(frozen=True, slots=True)
class AdviceOutcome:
    """What came of a suggestion.

    Attributes:
        outcome: "done": what it asked for is so, without a button. "overtaken": what it stood on is not so any more.
        decided_by: Who accepted or rejected it; None when nobody did.
    """

    title: str
    outcome: Outcome
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call to the model, and what they cost. `cost_usd` is None for a model whose price is not known."""

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Advice:
    """What one engine proposed for one work context.

    Attributes:
        suggestions: Best first.
        model: Name of the model; None for the rules.
        dropped: Why proposals were thrown away, with how many: they cited what is not there, or left the scope.
        notes: What the reader should know: what was cut from the prompt, why the rules answered instead of Claude.
    """

    engine: Engine
    model: str | None
    suggestions: tuple[Suggestion, ...]
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class AdviceScope:
    """What the advice may speak of.

    Attributes:
        name: "project", "epic:OQC-4" or "sprint:31".
        issue_keys: The issues in it; None for all of the project.
    """

    name: str = "project"
    issue_keys: frozenset[str] | None = None

    def covers(self, issue_key: str) -> bool:
        """Whether the advice may speak of this issue."""
        return self.issue_keys is None or issue_key in self.issue_keys


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Values that an action may use.

    Attributes:
        priorities: Names, the most urgent first.
        account_ids: People who are active in Jira; issues go only to those of them that the context names as well.
        labels: Labels in use in the project.
    """

    priorities: tuple[str, ...]
    account_ids: frozenset[str]
    labels: frozenset[str] = frozenset()
