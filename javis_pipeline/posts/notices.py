"""Alerts, the state of the sync, failures, answers. Pure; each message is within Slack's limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from javis_pipeline.posts.blocks import Message, Sites, footnote, header, section
from javis_pipeline.posts.changes import change_lines, totals_text
from javis_pipeline.posts.naming import Naming
from javis_pipeline.posts.news import alert_facts
from javis_pipeline.posts.text import counted, escaped, escaped_url, fitted, moment
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.digest import Earlier, FailedRun
from javis_pipeline.records.systems import SYSTEMS
from javis_pipeline.records.values import System


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """The last sync of a project or space.

    Attributes:
        started_at: Of the last run; None when there was none.
        outcome: "done", "failed", "halted", or None while it runs.
        watermark: Everything before it is here; None when nothing was read yet.
        counts: What the last pull did.
        error: Why it did not end well, one line.
    """

    system: System
    scope: str
    started_at: datetime | None
    outcome: str | None
    watermark: datetime | None
    records: int
    unpushed: int
    conflicts: int
    errors: int
    quarantined: int
    counts: Mapping[str, Any]
    error: str | None


def alert_message(context: WorkContext, earlier: Earlier | None, sites: Sites) -> Message:
    """The risks changed: which are new, worse or gone, and the worst there are."""
    facts = alert_facts(context)
    project = context.project_key
    zone = ZoneInfo(context.time_zone)
    naming = Naming(context, sites)
    listed = naming.lines(risk for risk in context.risks if risk.finding_id in facts.risks)
    changed = "risks" if earlier is None else "risks changed"
    blocks = [header(f"{project}: {changed if listed else 'no risks any more'}")]
    if earlier is not None:
        news = change_lines(earlier.facts, facts, context, naming)
        since = f"*Since {moment(earlier.posted_at, zone)}*"
        blocks.append(section(fitted([since, *news], most=2_800, shown=9)))
    if listed and earlier is None:
        more = f"see `javis context --project {escaped(project, 40)} --show-risks`"
        blocks.append(
            section(f"*Now* ({totals_text(facts.totals)})\n{fitted(listed, most=2_700, shown=8, where=more)}")
        )
    blocks.append(footnote(f"As of {moment(context.as_of, zone)} ({escaped(context.time_zone, 40)})"))
    return Message(f"{escaped(project, 40)}: {totals_text(facts.totals)}", tuple(blocks))


def status_message(project: str, scopes: Sequence[ScopeLine], now: datetime, zone: ZoneInfo) -> Message:
    """The last sync of a project and its spaces."""
    bad = [scope for scope in scopes if scope.outcome in ("failed", "halted")]
    conflicts = sum(scope.conflicts for scope in scopes)
    verdict = "sync failed" if bad else ("conflicts wait" if conflicts else "in step")
    if not scopes:
        verdict = "not synced yet"
    blocks = [header(f"{project}: {verdict}")]
    blocks += [section("\n".join(_scope_lines(scope, now, zone))) for scope in scopes[:12]]
    if len(scopes) > 12:
        blocks.append(footnote(f"and {len(scopes) - 12} more: `javis status`"))
    if not scopes:
        blocks.append(section("Nothing was synced yet. Next: `javis sync`"))
    blocks.append(footnote(f"As of {moment(now, zone)} ({escaped(str(zone), 40)})"))
    return Message(f"{escaped(project, 40)}: {verdict}", tuple(blocks))


def _scope_lines(scope: ScopeLine, now: datetime, zone: ZoneInfo) -> list[str]:
    ran = "never ran"
    if scope.started_at is not None:
        ran = f"{scope.outcome or 'running'}, started {moment(scope.started_at, zone)}"
    lines = [
        f"*{SYSTEMS[scope.system].title} {escaped(scope.scope, 60)}*: {ran}",
        f"{counted(scope.records, 'record')}, {scope.unpushed} not sent yet, {counted(scope.conflicts, 'conflict')}, "
        f"{counted(scope.errors, 'error')}, {scope.quarantined} unreadable",
    ]
    # Counts only: what else a pull notes is for the UI.
    numbers = [(name, count) for name, count in scope.counts.items() if type(count) is int and count]
    done = [f"{name.replace('_', ' ')} {count}" for name, count in numbers]
    if done:
        lines.append(f"Last pull: {escaped(', '.join(done), 300)}")
    if scope.watermark is not None:
        lines.append(f"Everything before {moment(scope.watermark, zone)} is here ({_age(now, scope.watermark)} ago)")
    if scope.error:
        lines.append(f"Error: {escaped(scope.error, 400)}")
    return lines


def _age(now: datetime, then: datetime) -> str:
    minutes = max(int((now - then).total_seconds()) // 60, 0)
    if minutes < 120:
        return counted(minutes, "minute")
    return counted(minutes // 60, "hour") if minutes < 48 * 60 else counted(minutes // (24 * 60), "day")


def failure_message(failed: FailedRun, project: str) -> Message:
    """A run failed: which, why, what to do, and where to look."""
    about = f" for {escaped(project, 40)}" if project else ""
    number = escaped(failed.run_id[:8], 20)
    link = f"<{escaped_url(failed.url)}|Open the run>" if failed.url else "JAVIS_UI_URL makes this a link."
    lines = [escaped(failed.cause, 2_000) or "No reason was given."]
    if failed.remedy:
        lines.append(f"*What to do*: {escaped(failed.remedy, 400)}")
    return Message(
        f"{escaped(failed.job, 80)} failed{about}: {escaped(failed.cause, 200)}",
        (
            header(f"{failed.job} failed{f' for {project}' if project else ''}"),
            section("\n".join(lines)),
            section(f"Run {number}. {link}"),
            footnote("Told once for this job and cause."),
        ),
    )


def hello_message(app: str, now: datetime, zone: ZoneInfo) -> Message:
    """A test."""
    text = f"*{escaped(app, 80)}* can post here. Sent by `javis slack test` on {moment(now, zone)}."
    return Message(f"{escaped(app, 80)} can post here", (section(text),))


def answer_message(text: str) -> Message:
    """One sentence of ours that may quote people."""
    line = escaped(text, 2_000)
    return Message(line, (section(line),))
