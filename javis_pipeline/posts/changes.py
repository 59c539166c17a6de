"""What is new since the post before, one line a thing."""

from collections.abc import Mapping, Sequence
from typing import Final

from javis_pipeline.posts.blocks import ISSUE_KEY, Sites
from javis_pipeline.posts.naming import Naming, kind_words
from javis_pipeline.posts.news import changes_since
from javis_pipeline.posts.text import counted, escaped
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.digest import Change, Facts, RiskFact
from javis_pipeline.records.risk import SEVERITY_ORDER, Severity

_GONE_NAMED: Final = 5


def change_lines(before: Facts, now: Facts, context: WorkContext, naming: Naming) -> list[str]:
    """What became different, the most urgent first; [] when only words did."""
    risks = {risk.finding_id: risk for risk in context.risks}
    lines: list[str] = []
    for change in changes_since(before, now):
        match change.kind:
            case "gone_risks":
                gone = [each for each in change.finding_ids if not _went_with_its_sprint(each, before, context)]
                lines += [f"• No longer: {_gone(gone, before.risks, naming.sites)}"] if gone else []
            case "new_risks":
                lines += naming.lines([risks[f] for f in change.finding_ids if f in risks], mark="New: ")
            case "worse_risks":
                lines += naming.lines([risks[f] for f in change.finding_ids if f in risks], mark="Worse: ")
            case "new_conflicts":
                """Each has a line of its own, with its name."""
            case _:
                lines.append(_line(change))
    return lines


def _went_with_its_sprint(finding: str, before: Facts, context: WorkContext) -> bool:
    """Whether the sprint is over, and nobody is known to have taken the issue or to have done it."""
    goes_on = any(sprint.name == before.sprint and not sprint.is_over for sprint in context.sprints)
    if goes_on or not finding.startswith("unassigned_in_sprint:"):
        return False
    issue = next((issue for issue in context.issues if issue.key == before.risks[finding].subject), None)
    return issue is None or (issue.assignee_id is None and issue.status_category != "done")


def _line(change: Change) -> str:
    match change.kind:
        case "done":
            finished = int(change.after or 0) - int(change.before or 0)
            what = f"{counted(finished, 'issue')} finished" if finished > 0 else f"{-finished} fewer are done"
            return f"• {what}, {change.after} in all"
        case "sprint":
            return f"• Sprint: {_named(change.before)} is followed by {_named(change.after)}"
        case "settled_conflicts":
            return f"• {counted(int(change.after or 0), 'conflict')} settled"
        case _:
            return ""


def _named(value: int | str | None) -> str:
    return escaped(str(value), 60) if value else "no sprint"


def _gone(findings: Sequence[str], risks: Mapping[str, RiskFact], sites: Sites) -> str:
    """As in "OQC-7 overdue, OQC-9 blocked and 3 more"."""
    words = [f"{_subject(risks[f].subject, sites)} {kind_words(f)}" for f in findings[:_GONE_NAMED]]
    left = len(findings) - len(words)
    return ", ".join(words) + (f" and {left} more" if left else "")


def _subject(subject: str, sites: Sites) -> str:
    return sites.issue(subject) if ISSUE_KEY.fullmatch(subject) else escaped(subject, 60)


def totals_text(totals: Mapping[Severity, int]) -> str:
    """As in "2 high + 1 low risks"."""
    counts = [f"{totals[severity]} {severity}" for severity in SEVERITY_ORDER if totals.get(severity)]
    return f"{' + '.join(counts)} risk{'s' if sum(totals.values()) != 1 else ''}" if counts else "no risks"
