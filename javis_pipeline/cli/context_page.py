"""A work context for people: on a terminal with colours and no line longer than it is wide, plain when piped."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from javis_pipeline.cli.tables import console_of_stdout, print_table, printable
from javis_pipeline.context.wording import counted
from javis_pipeline.records.blockers import Blocker
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.forecast import Forecast, share_words
from javis_pipeline.records.people import PersonLoad
from javis_pipeline.records.plans import EpicProgress, SprintState
from javis_pipeline.records.risk import SEVERITY_ORDER, Risk, RiskKind

# The page answers on one screen: these and what is between them are at most 40 lines.
_RISKS_SHOWN = 10
_EPICS_SHOWN = 5
_VISIONS_SHOWN = 3
_SPRINTS_SHOWN = 2
_PEOPLE_SHOWN = 3
_VERSIONS_SHOWN = 3
_LABEL: Final = 9
_NARROW: Final = 80
_NOTES_SHOWN = 3

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
_VISION_WORDS: Final[Mapping[str, str]] = {
    "on_course": "on course",
    "late": "late",
    "unclear": "no date can be told",
    "no_live_epic": "no open epic works on it",
    "finished": "all its epics are done",
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
    parts = line.wrap(console, console.width - _LABEL)
    for part in parts:
        part.rstrip()
    yield parts[0]
    yield from (Text(" " * _LABEL).append_text(part) for part in parts[1:])


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
    for sprint in context.sprints[:_SPRINTS_SHOWN]:
        yield from _sprint_lines(context, sprint)
    if not context.sprints:
        yield _labelled("Sprint", "none is active")
    yield from _flow_lines(context)
    yield from _blocker_lines(context)
    yield from _people_lines(context)
    yield from _epic_lines(context)
    yield from _version_lines(context)
    yield from _vision_lines(context)
    yield from _note_lines(context)
    yield Text(f"Next: javis suggest --project {context.project_key}")


def _labelled(label: str, text: str) -> Text:
    return Text(f"{label:<{_LABEL}}", style="bold").append(printable(text), style="not bold")


def _block(label: str, rows: Sequence[str], *, more: int = 0) -> Iterator[Text]:
    """Rows below each other, the label before the first, and how many were left out."""
    shown = [*rows, f"and {more} more"] if more > 0 else rows
    for place, row in enumerate(shown):
        yield _labelled(label if place == 0 else "", row)


def _why(context: WorkContext) -> Iterator[Text]:
    """One line for each severity and kind of risk, told by its worst case; of low ones only how many there are."""
    totals = [total for total in context.risk_totals if total.severity != "low"]
    if not totals:
        yield _labelled("Why", "nothing that needs somebody today")
    for place, total in enumerate(totals[:_RISKS_SHOWN]):
        worst = next(risk for risk in context.risks if (risk.kind, risk.severity) == (total.kind, total.severity))
        line = _labelled("Why" if place == 0 else "", "")
        line.append(f"{total.severity:<7}", style=_STYLES[total.severity])
        line.append(printable(_summary(context, worst)), style="not bold")
        if total.count > 1:
            line.append(f", and {total.count - 1} more {_noun(total.kind, total.count - 1)}", style="not bold")
        yield line
    low = [
        f"{total.count} {_noun(total.kind, total.count)}" for total in context.risk_totals if total.severity == "low"
    ]
    if low:
        yield _labelled("", f"low    {', '.join(low)}")
    if context.risks:
        yield _labelled("", f"All of them: javis context --project {context.project_key} --show-risks")


def _summary(context: WorkContext, risk: Risk) -> str:
    """What the finding says, with the names that it leaves out."""
    if risk.kind == "version_late":
        names = {version.version_id: version.name for version in context.versions}
        return risk.summary.replace("the version", f"version {names.get(str(risk.evidence['version_id']), '')}", 1)
    titles = {page.page_id: page.title for page in context.pages}
    for page_id in risk.page_ids:
        if titles.get(page_id):
            return risk.summary.replace(f"page {page_id}", f"page “{_short(titles[page_id] or '')}”", 1)
    if risk.account_id is None:
        return risk.summary
    return risk.summary.replace("one person", _name(context, risk.account_id), 1)


def _sprint_lines(context: WorkContext, sprint: SprintState) -> Iterator[Text]:
    left = "no end date" if sprint.days_left is None else _days_left(sprint.days_left)
    points = "" if sprint.points is None else f" ({sprint.points_done:g} of {sprint.points:g} points)"
    state = left if sprint.state == "active" else sprint.state
    yield _labelled(
        "Sprint",
        f"{sprint.name}, {state}: {sprint.done} of {sprint.items} done{points}, {sprint.in_progress} in progress, "
        f"{sprint.not_started} not started",
    )
    scope = f"{sprint.committed} at the start, {len(sprint.added_keys)} added, {len(sprint.removed_keys)} removed since"
    forecast = _forecast_of(context, f"sprint:{sprint.sprint_id}")
    yield _labelled("", scope + (f"; {_forecast_text(forecast)}" if forecast else ""))
    if forecast and forecast.p50_on and forecast.reason:
        yield _labelled("", forecast.reason)
    yield from (_labelled("", note) for note in sprint.notes[:1])


def _days_left(days: int) -> str:
    if days < 0:
        return f"overrun by {counted(-days, 'day')}"
    return "last day" if days == 0 else f"{counted(days, 'day')} left"


def _forecast_text(forecast: Forecast) -> str:
    if forecast.p50_on is None:
        return f"no forecast ({forecast.reason})"
    dates = f"done by {forecast.p50_on} (50 %), {forecast.p85_on or 'later than two years'} (85 %)"
    due = f", on time in {share_words(forecast.on_time)}" if forecast.on_time is not None else ""
    return dates + due


def _flow_lines(context: WorkContext) -> Iterator[Text]:
    flow, counts = context.flow, context.counts
    oldest = (
        ""
        if flow.age_in_progress_max_days is None
        else f", the oldest for {counted(flow.age_in_progress_max_days, 'day')}"
    )
    yield _labelled(
        "Work",
        f"{counts.new} not started, {counts.indeterminate} in progress{oldest}; "
        f"{context.unassigned_open} open and unassigned",
    )
    recent = sum(week.finished for week in flow.throughput[-4:]) / 4
    cycle = "cycle time unknown"
    if flow.cycle_p50_days is not None:
        cycle = f"half take up to {flow.cycle_p50_days:g} days, 85 % up to {flow.cycle_p85_days:g}"
    yield _labelled("Pace", f"{context.flow.weekly_pace:.1f} items a week, lately {recent:.1f}; {cycle}")


def _blocker_lines(context: WorkContext) -> Iterator[Text]:
    blockers = context.blockers
    if not blockers.blocked:
        yield _labelled("Blocked", "nothing waits for another issue")
        return
    roots = ", ".join(f"{root.key} holds up {root.held_up}{_where(root)}" for root in blockers.roots[:3])
    cycles = f"; {counted(len(blockers.cycles), 'circle')}" if blockers.cycles else ""
    blocked = f"{counted(blockers.blocked, 'issue')}, in chains of up to {blockers.deepest}{cycles}"
    yield _labelled("Blocked", f"{blocked}; {roots}" if roots else blocked)


def _where(root: Blocker) -> str:
    if not root.state_known:
        return " (not synced)"
    return " (another project)" if root.is_outside else ""


def _people_lines(context: WorkContext) -> Iterator[Text]:
    rows = [_load_text(context, load) for load in context.workload[:_PEOPLE_SHOWN]]
    yield from _block("People", rows, more=len(context.workload) - _PEOPLE_SHOWN)


def _load_text(context: WorkContext, load: PersonLoad) -> str:
    overdue = f", {load.overdue} overdue" if load.overdue else ""
    return (
        f"{_name(context, load.account_id)}: {load.in_progress} in progress, {load.open} open{overdue}; "
        f"{load.finished_last_4_weeks} finished in four weeks"
    )


def _epic_lines(context: WorkContext) -> Iterator[Text]:
    # An epic that nobody works on says little about today.
    moving = sorted(
        (epic for epic in context.epics if epic.items > epic.done),
        key=lambda epic: (epic.due_date or date.max, -epic.in_progress, -epic.done),
    )
    rows = [_epic_text(context, epic) for epic in moving[:_EPICS_SHOWN]]
    yield from _block("Epics", rows, more=len(moving) - _EPICS_SHOWN)


def _epic_text(context: WorkContext, epic: EpicProgress) -> str:
    title = next((issue.title for issue in context.issues if issue.key == epic.key), None)
    due = f", due {epic.due_date}" if epic.due_date else ""
    forecast = _forecast_of(context, f"epic:{epic.key}")
    # Why there is none is the same for most epics, and would push the rest off the screen.
    when = f"; {_forecast_text(forecast)}" if forecast and forecast.p50_on else ""
    return f"{epic.key} {_short(title or '')}: {epic.done} of {epic.items} done{due}{when}"


def _version_lines(context: WorkContext) -> Iterator[Text]:
    rows = []
    for version in context.versions[:_VERSIONS_SHOWN]:
        forecast = _forecast_of(context, f"version:{version.version_id}")
        when = f"; {_forecast_text(forecast)}" if forecast and forecast.p50_on else ""
        rows.append(f"{_short(version.name)}: {version.done} of {version.items} done, due {version.release_on}{when}")
    yield from _block("Versions", rows, more=len(context.versions) - _VERSIONS_SHOWN)


def _vision_lines(context: WorkContext) -> Iterator[Text]:
    rows = []
    for vision in context.visions[:_VISIONS_SHOWN]:
        horizon = f" by {vision.horizon}" if vision.horizon else ""
        expected = f", expected {vision.expected_on}" if vision.expected_on else ""
        done = f", {vision.done} of {vision.items} items done" if vision.items else ""
        rows.append(f"{_short(vision.title)}{horizon}: {_VISION_WORDS[vision.verdict]}{expected}{done}")
    yield from _block("Roadmap", rows, more=len(context.visions) - _VISIONS_SHOWN)


def _note_lines(context: WorkContext) -> Iterator[Text]:
    yield from _block("Notes", context.notes[:_NOTES_SHOWN], more=len(context.notes) - _NOTES_SHOWN)


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
            _where(root).strip(" ()"),
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
    return _short(next((issue.title or "" for issue in context.issues if issue.key == key), ""))


def _short(text: str, length: int = 50) -> str:
    clean = printable(text)
    return clean if len(clean) <= length else f"{clean[: length - 1]}…"


def _name(context: WorkContext, account_id: str) -> str:
    return next((person.display_name for person in context.people if person.account_id == account_id), account_id)


def _forecast_of(context: WorkContext, subject: str) -> Forecast | None:
    return next((forecast for forecast in context.forecasts if forecast.subject == subject), None)


def _count(context: WorkContext, severity: str) -> int:
    return sum(total.count for total in context.risk_totals if total.severity == severity)


def _sprint_cell(context: WorkContext) -> str:
    if not context.sprints:
        return ""
    sprint = context.sprints[0]
    left = "" if sprint.days_left is None else f", {_days_left(sprint.days_left)}"
    return f"{sprint.done}/{sprint.items}{left}"
