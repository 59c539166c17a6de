"""What is going on in a project, section by section: sprints, flow, blockers, people, epics, versions, roadmap."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from rich.text import Text

from javis_pipeline.cli.tables import printable
from javis_pipeline.context.wording import counted
from javis_pipeline.records.blockers import Blocker
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.forecast import Forecast, share_words
from javis_pipeline.records.people import PersonLoad
from javis_pipeline.records.plans import EpicProgress, SprintState

LABEL: Final = 9
_EPICS_SHOWN = 5
_VISIONS_SHOWN = 3
_SPRINTS_SHOWN = 2
_PEOPLE_SHOWN = 3
_VERSIONS_SHOWN = 3
_NOTES_SHOWN = 3

_VISION_WORDS: Final[Mapping[str, str]] = {
    "on_course": "on course",
    "late": "late",
    "unclear": "no date can be told",
    "no_live_epic": "no open epic works on it",
    "finished": "all its epics are done",
}


def sections(context: WorkContext) -> Iterator[Text]:
    """The lines of all sections, the label of each before its first."""
    for sprint in context.sprints[:_SPRINTS_SHOWN]:
        yield from _sprint_lines(context, sprint)
    if not context.sprints:
        yield labelled("Sprint", "none is active")
    yield from _flow_lines(context)
    yield from _blocker_lines(context)
    yield from _people_lines(context)
    yield from _epic_lines(context)
    yield from _version_lines(context)
    yield from _vision_lines(context)
    yield from _note_lines(context)


def labelled(label: str, text: str) -> Text:
    """One line: a bold label of fixed width, then the text, without what a terminal would obey."""
    return Text(f"{label:<{LABEL}}", style="bold").append(printable(text), style="not bold")


def _block(label: str, rows: Sequence[str], *, more: int = 0) -> Iterator[Text]:
    """Rows below each other, the label before the first, and how many were left out."""
    shown = [*rows, f"and {more} more"] if more > 0 else rows
    for place, row in enumerate(shown):
        yield labelled(label if place == 0 else "", row)


def _sprint_lines(context: WorkContext, sprint: SprintState) -> Iterator[Text]:
    left = "no end date" if sprint.days_left is None else days_left(sprint.days_left)
    points = "" if sprint.points is None else f" ({sprint.points_done:g} of {sprint.points:g} points)"
    state = left if sprint.state == "active" else sprint.state
    yield labelled(
        "Sprint",
        f"{sprint.name}, {state}: {sprint.done} of {sprint.items} done{points}, {sprint.in_progress} in progress, "
        f"{sprint.not_started} not started",
    )
    scope = f"{sprint.committed} at the start, {len(sprint.added_keys)} added, {len(sprint.removed_keys)} removed since"
    forecast = _forecast_of(context, f"sprint:{sprint.sprint_id}")
    yield labelled("", scope + (f"; {_forecast_text(forecast)}" if forecast else ""))
    if forecast and forecast.p50_on and forecast.reason:
        yield labelled("", forecast.reason)
    yield from (labelled("", note) for note in sprint.notes[:1])


def days_left(days: int) -> str:
    """Days until an end, in words; below zero it is over."""
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
    yield labelled(
        "Work",
        f"{counts.new} not started, {counts.indeterminate} in progress{oldest}; "
        f"{context.unassigned_open} open and unassigned",
    )
    recent = sum(week.finished for week in flow.throughput[-4:]) / 4
    cycle = "cycle time unknown"
    if flow.cycle_p50_days is not None:
        cycle = f"half take up to {flow.cycle_p50_days:g} days, 85 % up to {flow.cycle_p85_days:g}"
    yield labelled("Pace", f"{context.flow.weekly_pace:.1f} items a week, lately {recent:.1f}; {cycle}")


def _blocker_lines(context: WorkContext) -> Iterator[Text]:
    blockers = context.blockers
    if not blockers.blocked:
        yield labelled("Blocked", "nothing waits for another issue")
        return
    roots = ", ".join(f"{root.key} holds up {root.held_up}{where(root)}" for root in blockers.roots[:3])
    cycles = f"; {counted(len(blockers.cycles), 'circle')}" if blockers.cycles else ""
    blocked = f"{counted(blockers.blocked, 'issue')}, in chains of up to {blockers.deepest}{cycles}"
    yield labelled("Blocked", f"{blocked}; {roots}" if roots else blocked)


def where(root: Blocker) -> str:
    """Where a blocking issue is, if not in this project."""
    if not root.state_known:
        return " (not synced)"
    return " (another project)" if root.is_outside else ""


def _people_lines(context: WorkContext) -> Iterator[Text]:
    rows = [_load_text(context, load) for load in context.workload[:_PEOPLE_SHOWN]]
    yield from _block("People", rows, more=len(context.workload) - _PEOPLE_SHOWN)


def _load_text(context: WorkContext, load: PersonLoad) -> str:
    overdue = f", {load.overdue} overdue" if load.overdue else ""
    return (
        f"{name_of(context, load.account_id)}: {load.in_progress} in progress, {load.open} open{overdue}; "
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
    return f"{epic.key} {short(title or '')}: {epic.done} of {epic.items} done{due}{when}"


def _version_lines(context: WorkContext) -> Iterator[Text]:
    rows = []
    for version in context.versions[:_VERSIONS_SHOWN]:
        forecast = _forecast_of(context, f"version:{version.version_id}")
        when = f"; {_forecast_text(forecast)}" if forecast and forecast.p50_on else ""
        rows.append(f"{short(version.name)}: {version.done} of {version.items} done, due {version.release_on}{when}")
    yield from _block("Versions", rows, more=len(context.versions) - _VERSIONS_SHOWN)


def _vision_lines(context: WorkContext) -> Iterator[Text]:
    rows = []
    for vision in context.visions[:_VISIONS_SHOWN]:
        horizon = f" by {vision.horizon}" if vision.horizon else ""
        expected = f", expected {vision.expected_on}" if vision.expected_on else ""
        done = f", {vision.done} of {vision.items} items done" if vision.items else ""
        rows.append(f"{short(vision.title)}{horizon}: {_VISION_WORDS[vision.verdict]}{expected}{done}")
    yield from _block("Roadmap", rows, more=len(context.visions) - _VISIONS_SHOWN)


def _note_lines(context: WorkContext) -> Iterator[Text]:
    yield from _block("Notes", context.notes[:_NOTES_SHOWN], more=len(context.notes) - _NOTES_SHOWN)


def short(text: str, length: int = 50) -> str:
    """The beginning of a text, in at most so many characters."""
    clean = printable(text)
    return clean if len(clean) <= length else f"{clean[: length - 1]}…"


def name_of(context: WorkContext, account_id: str) -> str:
    """What a person is called; the id of one that the context does not know."""
    return next((person.display_name for person in context.people if person.account_id == account_id), account_id)


def _forecast_of(context: WorkContext, subject: str) -> Forecast | None:
    return next((forecast for forecast in context.forecasts if forecast.subject == subject), None)
