"""From a work context to a prompt within a token budget.

The instructions come first and never change, so that they are cached; the context follows as one JSON document in a
delimited block. Everything people wrote is data in that document: `<` and `>` are escaped, so no text can close the
block or open another one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from javis_pipeline.records.blockers import BlockingLink
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.risk import SEVERITY_ORDER, Risk, RiskKind, Severity
from javis_pipeline.records.suggestion import ADVICE_LABELS, AdviceScope, Vocabulary
from javis_pipeline.suggestions.cleaning import cleaned
from javis_pipeline.suggestions.instructions import INSTRUCTIONS

# Claude's tokenizer makes at least this many UTF-8 bytes of JSON into one token, by a wide margin; the exact count is
# taken by the client before the call.
BYTES_PER_TOKEN = 2.5
TITLE_LENGTH = 120
MOST_SUGGESTIONS = 8
ISSUES_DESCRIBED = 5
LABELS_OFFERED = 40
PEOPLE_NAMED = 20


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent to Claude.

    Attributes:
        instructions: The stable prefix.
        question: The context block and what is asked.
        left_out: What the budget cut, in words; empty when everything is in.
    """

    instructions: str
    question: str
    left_out: tuple[str, ...]


def build_prompt(context: WorkContext, scope: AdviceScope, vocabulary: Vocabulary, *, budget_tokens: int) -> Prompt:
    """The prompt for a context narrowed to `scope`, at most `budget_tokens` long by a cautious estimate.

    The figures of the project always are in, and the busiest people. Findings follow, most severe first, each with the
    issues it names, then blockers, epics and pages, until the budget is used up; `left_out` says what did not fit.
    """
    frame = _frame(context, scope, vocabulary)
    spent = len(INSTRUCTIONS.encode()) + len(_encoded(frame)) + 500
    allowance = int(budget_tokens * BYTES_PER_TOKEN) - spent
    left_out = _fill(frame, context, allowance)
    if left_out:
        frame["left_out_for_length"] = left_out
    question = (
        f"<work_context>\n{_encoded(frame).decode()}\n</work_context>\n"
        f"Propose at most {MOST_SUGGESTIONS} steps for {_scope_words(scope)}."
    )
    return Prompt(INSTRUCTIONS, question, tuple(left_out))


def _scope_words(scope: AdviceScope) -> str:
    return "the project" if scope.issue_keys is None else f"{scope.name.replace(':', ' ', 1)} only"


def _frame(context: WorkContext, scope: AdviceScope, vocabulary: Vocabulary) -> dict[str, Any]:
    flow = context.flow
    return {
        "project": context.project_key,
        "today": context.today.isoformat(),
        "scope": scope.name,
        "priorities": _bounded(vocabulary.priorities),
        "high_priorities": [name for name in vocabulary.priorities if name.casefold() in context.high_priorities],
        "labels": _bounded([*sorted(ADVICE_LABELS), *sorted(vocabulary.labels - ADVICE_LABELS)], LABELS_OFFERED),
        "counts": {"new": context.counts.new, "in_progress": context.counts.indeterminate, "done": context.counts.done},
        "flow": {
            "in_progress": flow.in_progress,
            "finished_by_week": [week.finished for week in flow.throughput],
            "cycle_p50_days": flow.cycle_p50_days,
            "cycle_p85_days": flow.cycle_p85_days,
        },
        "sprints": [_compact(asdict(sprint)) for sprint in context.sprints],
        "forecasts": [_compact(asdict(forecast)) for forecast in context.forecasts[:10]],
        "finding_totals": [asdict(total) for total in context.risk_totals],
        "findings": [],
        "issues": [],
        "circle_links": [],
        "blockers": [],
        "epics": [],
        "visions": [],
        "people": [],
        "pages": [],
    }


def _fill(frame: dict[str, Any], context: WorkContext, allowance: int) -> list[str]:
    """Add what fits, most important first; returns what did not fit, in words."""
    briefs = {issue.key: issue for issue in context.issues}
    described: set[str] = set()
    left_out: dict[str, int] = {}
    for section, entry, keys in _entries(context):
        new_keys = [key for key in keys if key in briefs and key not in described]
        issues = [_compact(asdict(briefs[key])) for key in new_keys]
        cost = len(_encoded([entry, *issues])) + 2
        if cost > allowance:
            left_out[section] = left_out.get(section, 0) + 1
            continue
        allowance -= cost
        described.update(new_keys)
        frame[section].append(entry)
        frame["issues"].extend(issues)
    return [f"{count} of the {section}" for section, count in left_out.items()]


def _entries(context: WorkContext) -> Iterator[tuple[str, dict[str, Any], Iterable[str]]]:
    """(section, entry, keys of the issues it names), most important first."""
    # Few and short, and without them nothing can be assigned to anybody.
    names = {person.account_id: person.display_name for person in context.people}
    for load in context.workload[:PEOPLE_NAMED]:
        yield "people", {**_compact(asdict(load)), "name": cleaned(names.get(load.account_id, ""), TITLE_LENGTH)}, ()
    for risk in _by_severity(context.risks):
        # The first issues of a finding tell what it is about; describing twenty would push out other findings.
        yield "findings", _compact(asdict(risk)), risk.issue_keys[:ISSUES_DESCRIBED]
    for link in _circle_links(context):
        yield "circle_links", _compact(asdict(link)), (link.blocker_key, link.blocked_key)
    for root in context.blockers.roots:
        yield "blockers", _compact(asdict(root)), (root.key, *root.held_up_keys)[:ISSUES_DESCRIBED]
    for epic in context.epics:
        yield "epics", _compact(asdict(epic)), (epic.key,)
    for vision in context.visions:
        yield "visions", _compact(asdict(vision)), ()
    for page in context.pages:
        if page.behind_days:
            yield "pages", _compact(asdict(page)), ()


def _circle_links(context: WorkContext) -> Iterator[BlockingLink]:
    circles = [set(cycle) for cycle in context.blockers.cycles]
    for link in context.blockers.links:
        if any({link.blocker_key, link.blocked_key} <= circle for circle in circles):
            yield link


def _by_severity(risks: Iterable[Risk]) -> list[Risk]:
    """The most severe first; among equals the worst of each kind before the second worst of any."""
    seen: Counter[tuple[Severity, RiskKind]] = Counter()
    ranked = []
    for risk in risks:
        ranked.append((SEVERITY_ORDER[risk.severity], seen[risk.severity, risk.kind], risk))
        seen[risk.severity, risk.kind] += 1
    return [risk for _, _, risk in sorted(ranked, key=lambda entry: entry[:2])]


def _compact(entry: dict[str, Any]) -> dict[str, Any]:
    """Without empty values, and with every text clean and bounded."""
    return {key: _bounded(value) for key, value in entry.items() if value not in (None, "", (), [], {})}


def _bounded(value: Any, most: int = 20) -> Any:
    if isinstance(value, str):
        return cleaned(value, TITLE_LENGTH)
    if isinstance(value, tuple | list):
        return [_bounded(item) for item in value[:most]]
    if isinstance(value, dict):
        return {key: _bounded(item) for key, item in value.items()}
    return value


def _encoded(value: Any) -> bytes:
    # "<" and ">" inside strings become escapes that mean the same in JSON.
    return orjson.dumps(value).replace(b"<", b"\\u003c").replace(b">", b"\\u003e")
