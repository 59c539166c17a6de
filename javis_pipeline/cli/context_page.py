"""A work context for people: on a terminal with colours and no line longer than it is wide, plain when piped."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from javis_pipeline.cli.context_sections import LABEL, days_left, labelled, name_of, sections, short, where
from javis_pipeline.cli.tables import console_of_stdout, print_table, printable
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.risk import SEVERITY_ORDER, Risk, RiskKind

# The page answers on one screen: these and what is between them are at most 40 lines.
_RISKS_SHOWN = 10
_NARROW: Final = 80

_STYLES: Final[Mapping[str, str]] = {"high": "bold red", "medium": "yellow", "low": "dim", "none": "bold green"}
_VERDICTS: Final[Mapping[str, str]] = {"high": "AT RISK", "medium": "TO WATCH", "low": "FINE", "none": "FINE"}
_NOUNS: Final[Mapping[RiskKind, str]] = {
    "overdue": "overdue",
    "due_soon_not_started": "due soon and not started",
    "blocked": "blocked",
    "blocker_not_synced": "blockers that are not synced",
    "blocks_many": "holding up many",
    "idle_in_progress": "idle in progress",
    "unassigned_in_sprint": "unassigned in the sprint",
    "high_priority_untouched": "of high priority untouched",
    "overloaded_person": "overloaded",
    "held_by_one": "held by one person",
    "scope_creep": "growing sprints",
    "sprint_off_track": "sprints off track",
    "epic_late": "late epics",
    "version_late": "late versions",
    "epic_without_estimate": "epics without estimate",
    "dependency_cycle": "circles",
    "reopened": "reopened",
    "conflict_open": "in conflict",
    "page_stale": "stale pages",
    "asleep": "asleep",
}


def _noun(kind: RiskKind, count: int) -> str:
    """What so many of the kind are called."""
    words = _NOUNS[kind]
    return words if count > 1 else re.sub(r"\b(blocker|sprint|epic|version|circle|page)s\b( that are)?", _one, words)


def _one(found: re.Match[str]) -> str:
    return f"{found[1]}{' that is' if found[2] else ''}"


def print_page(context: WorkContext) -> None:
    """One screen: whether all is well, why not, and the state of everything that is going on."""
    _print([_headline(context), *_page_body(context)])


def print_summary(contexts: Sequence[WorkContext]) -> None:
    """One line for each of several projects."""
    rows = [
        [
            context.project_key,
            verdict(context),
            *(_count(context, severity) for severity in SEVERITY_ORDER),
            context.flow.in_progress,
            f"{context.flow.weekly_pace:.1f}",
            context.blockers.blocked,
            _sprint_cell(context),
        ]
        for context in contexts
    ]
    columns = ["project", "state", *SEVERITY_ORDER, "in progress", "finished a week", "blocked", "sprint"]
    print_table(columns, rows, empty="Nothing was synced yet. Next: javis sync")
    if contexts:
        worst = min(contexts, key=lambda context: (SEVERITY_ORDER[context.worst or "low"], -_count(context, "high")))
        _print([Text(f"Next: javis context --project {worst.project_key}")])


def print_details(context: WorkContext, *, risks: bool, blockers: bool) -> None:
    """All risks that the context lists, or all links by which one issue holds up another, or both."""
    _print([_headline(context)])
    if risks:
        _print_risks(context)
    if blockers:
        _print_blockers(context)


def verdict(context: WorkContext) -> str:
    """Whether all is well, in a word or two."""
    return _VERDICTS[context.worst or "none"] if context.counts.total else "EMPTY"


def _print(lines: Iterable[Text]) -> None:
    on_terminal = sys.stdout.isatty()
    console = console_of_stdout()
    for line in lines:
        # Where half of every line would be cut off, a page that is longer than the screen is the lesser evil.
        for part in _wrapped(line, console) if on_terminal and console.width < _NARROW else [line]:
            console.print(
                part,
                highlight=False,
                no_wrap=on_terminal,
                overflow="ellipsis" if on_terminal else "ignore",
                crop=on_terminal,
            )


def _wrapped(line: Text, console: Console) -> Iterator[Text]:
    """The line in as many as it needs; the later ones begin below the text, not below the label."""
    parts = line.wrap(console, console.width - LABEL)
    for part in parts:
        part.rstrip()
    yield parts[0]
    yield from (Text(" " * LABEL).append_text(part) for part in parts[1:])


def _headline(context: WorkContext) -> Text:
    counts = ", ".join(f"{_count(context, severity)} {severity}" for severity in SEVERITY_ORDER)
    at = context.as_of.astimezone(ZoneInfo(context.time_zone))
    line = Text(f"{context.project_key}  ", style="bold")
    line.append(verdict(context), style=_STYLES[context.worst or "none"])
    line.append(f"  {counts} risks  {at:%Y-%m-%d %H:%M} {context.time_zone}", style="not bold")
    return line


def _page_body(context: WorkContext) -> Iterator[Text]:
    if not context.counts.total:
        yield Text(f"No issue of {context.project_key} is here yet.")
        yield Text(f"Next: javis sync --project {context.project_key}")
        return
    yield from _why(context)
    yield Text("")
    yield from sections(context)
    yield Text(f"Next: javis suggest --project {context.project_key}")


def _why(context: WorkContext) -> Iterator[Text]:
    """One line for each severity and kind of risk, told by its worst case; of low ones only how many there are."""
    totals = [total for total in context.risk_totals if total.severity != "low"]
    if not totals:
        yield labelled("Why", "nothing that needs somebody today")
    for place, total in enumerate(totals[:_RISKS_SHOWN]):
        worst = next(risk for risk in context.risks if (risk.kind, risk.severity) == (total.kind, total.severity))
        line = labelled("Why" if place == 0 else "", "")
        line.append(f"{total.severity:<7}", style=_STYLES[total.severity])
        line.append(printable(_summary(context, worst)), style="not bold")
        if total.count > 1:
            line.append(f", and {total.count - 1} more {_noun(total.kind, total.count - 1)}", style="not bold")
        yield line
    low = [
        f"{total.count} {_noun(total.kind, total.count)}" for total in context.risk_totals if total.severity == "low"
    ]
    if low:
        yield labelled("", f"low    {', '.join(low)}")
    if context.risks:
        yield labelled("", f"All of them: javis context --project {context.project_key} --show-risks")


def _summary(context: WorkContext, risk: Risk) -> str:
    """What the finding says, with the names that it leaves out."""
    if risk.kind == "version_late":
        names = {version.version_id: version.name for version in context.versions}
        return risk.summary.replace("the version", f"version {names.get(str(risk.evidence['version_id']), '')}", 1)
    titles = {page.page_id: page.title for page in context.pages}
    for page_id in risk.page_ids:
        if titles.get(page_id):
            return risk.summary.replace(f"page {page_id}", f"page “{short(titles[page_id] or '')}”", 1)
    if risk.account_id is None:
        return risk.summary
    return risk.summary.replace("one person", name_of(context, risk.account_id), 1)


def _print_risks(context: WorkContext) -> None:
    rows = [[risk.severity, risk.kind, _summary(context, risk), risk.since or ""] for risk in context.risks]
    print_table(["severity", "kind", "what", "since"], rows, empty="No risks.")
    left_out = sum(total.count for total in context.risk_totals) - len(context.risks)
    if left_out > 0:
        totals = [(total.kind, total.severity, total.count) for total in context.risk_totals]
        _print([Text(f"The worst of each kind are listed; {left_out} more are counted:")])
        print_table(["kind", "severity", "count"], totals, empty="")


def _print_blockers(context: WorkContext) -> None:
    blockers = context.blockers
    roots = [
        [
            root.key,
            _title(context, root.key),
            root.held_up,
            root.depth,
            ", ".join(root.projects),
            where(root).strip(" ()"),
        ]
        for root in blockers.roots
    ]
    print_table(["blocker", "title", "holds up", "chain", "of", "remark"], roots, empty="No issue holds up another.")
    for cycle in blockers.cycles:
        _print([Text(f"Circle: {' -> '.join((*cycle, cycle[0]))}", style="bold red")])
    links = [
        [
            link.blocker_key,
            "blocks",
            link.blocked_key,
            _title(context, link.blocked_key),
            "across projects" if link.crosses_projects else "",
        ]
        for link in blockers.links
    ]
    if links:
        _print([Text("")])
        print_table(["issue", "", "issue", "title", "remark"], links, empty="")


def _title(context: WorkContext, key: str) -> str:
    return short(next((issue.title or "" for issue in context.issues if issue.key == key), ""))


def _count(context: WorkContext, severity: str) -> int:
    return sum(total.count for total in context.risk_totals if total.severity == severity)


def _sprint_cell(context: WorkContext) -> str:
    if not context.sprints:
        return ""
    sprint = context.sprints[0]
    left = "" if sprint.days_left is None else f", {days_left(sprint.days_left)}"
    return f"{sprint.done}/{sprint.items}{left}"
