"""What is said in Slack: digest, alert, status, failure, answers. Pure; each message is within Slack's limits."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from javis_pipeline.posts.blocks import (
    ISSUE_KEY,
    Block,
    Message,
    Sites,
    button,
    buttons,
    divider,
    footnote,
    header,
    section,
)
from javis_pipeline.posts.news import alert_facts, changes_since, digest_facts
from javis_pipeline.posts.text import (
    MAX_SECTION,
    counted,
    day,
    escaped,
    escaped_lines,
    escaped_url,
    first_fitting,
    fitted,
    length,
    moment,
)
from javis_pipeline.records.context import (
    SEVERITY_ORDER,
    Blocker,
    Forecast,
    IssueBrief,
    Risk,
    RiskKind,
    Severity,
    SprintState,
    WorkContext,
)
from javis_pipeline.records.digest import Change, Digest, Earlier, Facts, OpenConflict, Proposal, RiskFact
from javis_pipeline.records.suggestion import Action
from javis_pipeline.records.values import Value, dump_json

ACCEPT, REJECT = "javis_accept", "javis_reject"
KEEP_LOCAL, KEEP_REMOTE, SHOW_DIFF = "javis_keep_local", "javis_keep_remote", "javis_show_diff"


_RISKS_SHOWN, _PROPOSALS_SHOWN, _CONFLICTS_SHOWN, _CHANGES_SHOWN = 5, 3, 3, 7
_KEYS_SHOWN = 6

_SYSTEMS: Final = {"jira": "Jira", "confluence": "Confluence"}
_KIND_WORDS: Final[Mapping[RiskKind, str]] = {
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
    "epic_without_estimate": "epic without estimate",
    "dependency_cycle": "waits in a circle",
    "reopened": "reopened",
    "conflict_open": "in conflict",
    "page_stale": "page out of date",
    "asleep": "nothing moves",
}
_CONFLICT_WORDS: Final[Mapping[str, str]] = {
    "both_changed": "was changed on both sides",
    "first_contact": "differs at the first sync",
    "unmarked_local_change": "was changed here behind the sync's back",
    "stale_write_suspected": "went back to an old value here",
    "lossy_edit": "was edited here in a way that would lose formatting",
    "overwrote_remote": "was overwritten just after it was changed",
    "undo_of_changed": "changed after the run that is to be undone",
    "edit_vs_remote_delete": "was edited here and deleted there",
    "remote_edit_vs_local_delete": "was deleted here and edited there",
}
_WHOLE_RECORD: Final = "(row)"


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

    system: str
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


# ---- the digest


def digest_message(digest: Digest, earlier: Earlier | None, sites: Sites) -> Message:
    """The post of the day: sprint, risks, suggestions, conflicts, and what is new since the last post."""
    context = digest.context
    zone = ZoneInfo(context.time_zone)
    facts = digest_facts(digest)
    blocks = [
        header(f"{context.project_key}: {_verdict(facts)}"),
        section(fitted(_state_lines(context), most=1_000)),
        *_news(facts, earlier, sites, zone),
        divider(),
        section(_top_risks(context, facts, sites)),
        *_proposal_blocks(digest, sites, shown=_PROPOSALS_SHOWN, where="in the thread"),
        *_conflict_blocks(digest.conflicts, sites, shown=_CONFLICTS_SHOWN, where="in the thread"),
        footnote(f"As of {moment(context.as_of, zone)} ({escaped(context.time_zone, 40)}). Details are in the thread."),
    ]
    return Message(_digest_text(digest, facts), tuple(blocks))


def digest_details(digest: Digest, sites: Sites) -> dict[str, Message]:
    """What goes into the thread of the digest, by part, in order."""
    context = digest.context
    parts: dict[str, Message] = {}
    if len(context.risks) > _RISKS_SHOWN:
        more = f"javis context --project {context.project_key} --show-risks"
        lines = [_risk_line(risk, context, sites) for risk in context.risks]
        parts["risks"] = _long_list("All risks", lines, most=11_000, more=f"`{more}`")
    outlook = _outlook_lines(context, sites)
    if outlook:
        parts["outlook"] = _long_list("Blockers and forecast", outlook, most=6_000, more="")
    if len(digest.proposals) > _PROPOSALS_SHOWN:
        blocks = _proposal_blocks(digest, sites, skip=_PROPOSALS_SHOWN, shown=8, where="`javis suggest`")
        parts["suggestions"] = Message("More suggestions", tuple(blocks))
    if len(digest.conflicts) > _CONFLICTS_SHOWN:
        blocks = _conflict_blocks(
            digest.conflicts, sites, skip=_CONFLICTS_SHOWN, shown=9, where="`javis conflicts list`"
        )
        parts["conflicts"] = Message("More conflicts", tuple(blocks))
    return parts


def _long_list(title: str, lines: Sequence[str], *, most: int, more: str) -> Message:
    """A list over as many sections as it needs, up to `most` characters in all."""
    blocks: list[Block] = []
    left, room = list(lines), most
    while left and room >= MAX_SECTION:
        kept = first_fitting(left, MAX_SECTION - 100)
        blocks.append(section("\n".join(kept)))
        left, room = left[len(kept) :], room - MAX_SECTION
    if left:
        blocks.append(footnote(f"and {len(left)} more{': ' if more else ''}{more}"))
    return Message(title, (section(f"*{title}*"), *blocks))


def _verdict(facts: Facts) -> str:
    if facts.totals.get("high"):
        return "at risk"
    return "to watch" if facts.totals.get("medium") else "on track"


def _digest_text(digest: Digest, facts: Facts) -> str:
    context = digest.context
    waiting = sum(proposal.state == "proposed" for proposal in digest.proposals)
    parts = [
        f"{facts.sprint_done} of {facts.sprint_items} done in {escaped(facts.sprint, 60)}" if facts.sprint else "",
        _totals_text(facts.totals),
        counted(waiting, "suggestion") if waiting else "",
        counted(len(digest.conflicts), "conflict") if digest.conflicts else "",
    ]
    return f"{escaped(context.project_key, 40)} {_verdict(facts)}: {', '.join(part for part in parts if part)}"


def _totals_text(totals: Mapping[Severity, int]) -> str:
    counts = [f"{totals[severity]} {severity}" for severity in SEVERITY_ORDER if totals.get(severity)]
    return f"{' + '.join(counts)} risk{'s' if sum(totals.values()) != 1 else ''}" if counts else "no risks"


def _state_lines(context: WorkContext) -> list[str]:
    counts, flow = context.counts, context.flow
    last_week = flow.throughput[-1].finished if flow.throughput else 0
    project = (
        f"Project: {counts.new + counts.indeterminate} open, {flow.in_progress} in progress, "
        f"{last_week} finished in the last seven days"
    )
    if not context.sprints:
        return ["*No sprint is running.*", project]
    lines = [line for sprint in context.sprints[:2] for line in _sprint_lines(sprint, context)]
    return [*lines, project]


def _sprint_lines(sprint: SprintState, context: WorkContext) -> list[str]:
    progress = (
        f"{sprint.done} of {sprint.items} done, {sprint.in_progress} in progress, {sprint.not_started} not started"
    )
    if sprint.points is not None:
        progress += f" ({sprint.points_done or 0:g} of {sprint.points:g} points)"
    lines = [f"*{escaped(sprint.name, 80)}*{_time_left(sprint)}", progress]
    moved = [
        f"{len(sprint.added_keys)} added" if sprint.added_keys else "",
        f"{len(sprint.removed_keys)} removed" if sprint.removed_keys else "",
    ]
    if any(moved):
        lines.append(f"{' and '.join(part for part in moved if part)} since it started")
    forecast = next((f for f in context.forecasts if f.subject == f"sprint:{sprint.sprint_id}"), None)
    if forecast is not None:
        lines.append(_forecast_text(forecast, context))
    return lines


def _time_left(sprint: SprintState) -> str:
    if sprint.days_left is None or sprint.end_on is None:
        return ""
    if sprint.days_left < 0:
        return f", overrun since {day(sprint.end_on)}"
    left = "ends today" if sprint.days_left == 0 else f"{counted(sprint.days_left, 'day')} left"
    return f", {left} (until {day(sprint.end_on)})"


def _forecast_text(forecast: Forecast, context: WorkContext) -> str:
    if forecast.p85_on is None:
        return f"No forecast: {escaped(forecast.reason, 200)}" if forecast.reason else "No forecast"
    text = f"Done by {day(forecast.p85_on, context.as_of.date())} in 85 of 100 cases"
    if forecast.on_time is not None:
        text += f"; on time in {round(100 * forecast.on_time)} of 100"
    return text


def _news(facts: Facts, earlier: Earlier | None, sites: Sites, zone: ZoneInfo) -> list[Block]:
    if earlier is None:
        return []
    title = f"*Since {moment(earlier.posted_at, zone)}*"
    changes = changes_since(earlier.facts, facts)
    lines = [_change_line(change, earlier.facts, facts, sites) for change in changes]
    body = fitted(lines, most=1_300, shown=_CHANGES_SHOWN) if lines else "Other suggestions or values, no other risks."
    return [section(f"{title}\n{body}")]


def _change_line(change: Change, before: Facts, now: Facts, sites: Sites) -> str:
    match change.kind:
        case "new_risks":
            return f"New: {_finding_words(change.finding_ids, now.risks, sites)}"
        case "worse_risks":
            return f"Worse: {_finding_words(change.finding_ids, now.risks, sites)}"
        case "gone_risks":
            return f"No longer: {_finding_words(change.finding_ids, before.risks, sites)}"
        case "done":
            finished = int(change.after or 0) - int(change.before or 0)
            return f"{counted(finished, 'issue')} finished" if finished > 0 else f"{-finished} fewer issues are done"
        case "sprint":
            return f"Sprint: {_named(change.before)} is followed by {_named(change.after)}"
        case "sprint_done":
            return f"In the sprint {change.before} were done, now {change.after}"
        case "conflicts":
            return f"Conflicts: {change.before} before, now {change.after}"


def _named(value: int | str | None) -> str:
    return escaped(str(value), 60) if value else "no sprint"


def _finding_words(findings: Sequence[str], risks: Mapping[str, RiskFact], sites: Sites) -> str:
    """As in "OQC-7 overdue, OQC-9 blocked and 3 more"."""
    words = [f"{_subject_link(risks[f].subject, sites)} {_kind_words(f)}" for f in findings[:_KEYS_SHOWN]]
    left = len(findings) - len(words)
    return ", ".join(words) + (f" and {left} more" if left else "")


def _subject_link(subject: str, sites: Sites) -> str:
    return sites.issue(subject) if ISSUE_KEY.fullmatch(subject) else escaped(subject, 60)


def _kind_words(finding_id: str) -> str:
    kind = finding_id.partition(":")[0]
    return next((words for name, words in _KIND_WORDS.items() if name == kind), escaped(kind, 30))


def _top_risks(context: WorkContext, facts: Facts, sites: Sites) -> str:
    if not context.risks:
        return "*No risks* were found."
    lines = [_risk_line(risk, context, sites) for risk in context.risks]
    listed = fitted(lines, most=1_900, shown=_RISKS_SHOWN, where="in the thread")
    return f"*Top risks* ({_totals_text(facts.totals)})\n{listed}"


def _risk_line(risk: Risk, context: WorkContext, sites: Sites) -> str:
    """Severity, the sentence with its keys as links, and the title of the issue it is about."""
    names = {person.account_id: person.display_name for person in context.people}
    who = f"{escaped(names.get(risk.account_id, 'somebody'), 60)}: " if risk.account_id else ""
    return f"• *{risk.severity}* {who}{_linked_keys(risk.summary, sites)}{_about(risk, context, sites)}"


def _about(risk: Risk, context: WorkContext, sites: Sites) -> str:
    if risk.page_ids and risk.kind == "page_stale":
        titles = {page.page_id: page.title for page in context.pages}
        return f" ({sites.page(risk.page_ids[0], titles.get(risk.page_ids[0]) or 'the page')})"
    if not risk.issue_keys or not risk.summary.startswith((risk.issue_keys[0], f"epic {risk.issue_keys[0]}")):
        return ""
    title = _titles(context.issues).get(risk.issue_keys[0])
    return f" ({escaped(title, 80)})" if title else ""


def _titles(issues: Iterable[IssueBrief]) -> dict[str, str]:
    return {issue.key: issue.title for issue in issues if issue.title}


def _linked_keys(text: str, sites: Sites) -> str:
    """One of our own sentences, with the issue keys in it as links."""
    line = escaped(text, 200)
    # A key that was cut off would be another issue's key.
    return line if line.endswith("…") else ISSUE_KEY.sub(lambda found: sites.issue(found[0]), line, count=_KEYS_SHOWN)


# ---- suggestions


def _proposal_blocks(digest: Digest, sites: Sites, *, shown: int, where: str, skip: int = 0) -> list[Block]:
    if not digest.engine:
        return []
    listed = digest.proposals[skip:]
    title = f"*{'More suggestions' if skip else 'What to do next'}* ({_engine_label(digest)})"
    if not digest.proposals:
        title += "\nNothing is suggested."
    blocks = [section(title)] if skip else [divider(), section(title)]
    notes = escaped(" ".join(digest.notes), 250)
    if notes and not skip:
        blocks.append(footnote(notes))
    for rank, proposal in enumerate(listed[:shown], start=skip + 1):
        blocks += _proposal(rank, proposal, sites)
    if len(listed) > shown:
        blocks.append(footnote(f"and {len(listed) - shown} more, {where}"))
    return blocks


def _engine_label(digest: Digest) -> str:
    if digest.engine == "claude":
        return f"by Claude, {escaped(digest.model or 'model not known', 80)}"
    return "by the rules, without a language model"


def _proposal(rank: int, proposal: Proposal, sites: Sites) -> list[Block]:
    keys = ", ".join(sites.issue(key) for key in proposal.issue_keys[:3])
    more = len(proposal.issue_keys) - 3
    does = "; ".join(_action_words(action) for action in proposal.actions[:3])
    if len(proposal.actions) > 3:
        does += f" and {len(proposal.actions) - 3} more"
    lines = [
        f"*{rank}. {escaped(proposal.title, 120)}*",
        escaped(proposal.rationale, 240),
        keys + (f" and {more} more" if more > 0 else "") + (f" → {escaped(does, 180)}" if does else ""),
    ]
    body = section("\n".join(line for line in lines if line))
    if proposal.state != "proposed":
        # The id behind the name is for the books.
        name = re.sub(r" \(Slack \w+\)$", "", proposal.decided_by or "")
        by = f" by {escaped(name, 80)}" if name else ""
        return [body, footnote(f"*{proposal.state.capitalize()}*{by}")]
    value = str(proposal.suggestion_id)
    accept = button("Accept", ACCEPT, value, style="primary", confirm=("Accept this suggestion?", does or "No edit."))
    return [body, buttons(f"suggestion {value}", accept, button("Reject", REJECT, value))]


def _action_words(action: Action) -> str:
    key, value = action.issue_key, action.value
    match action.kind:
        case "set_priority":
            return f"{key}: priority {value}"
        case "add_label":
            return f"{key}: label {value}"
        case "set_due_date":
            return f"{key}: due {value}"
        case "assign":
            return f"{key}: assign to {value}"
        case "comment_draft":
            return f"{key}: draft of a comment"
        case "split":
            return f"{key}: split it"
        case "link_blocker":
            return f"{key}: is blocked by {value}"


# ---- conflicts


def _conflict_blocks(
    conflicts: Sequence[OpenConflict], sites: Sites, *, shown: int, where: str, skip: int = 0
) -> list[Block]:
    listed = conflicts[skip:]
    if not listed:
        return []
    title = "More conflicts" if skip else f"{counted(len(conflicts), 'conflict')} to decide"
    blocks = [section(f"*{title}*")] if skip else [divider(), section(f"*{title}*")]
    for conflict in listed[:shown]:
        blocks += _conflict(conflict, sites)
    if len(listed) > shown:
        blocks.append(footnote(f"and {len(listed) - shown} more, {where}"))
    return blocks


def conflict_name(conflict: OpenConflict, sites: Sites) -> str:
    """The issue or page, and the field, in words."""
    if conflict.system == "jira":
        record = sites.issue(conflict.name)
    else:
        record = sites.page(conflict.resource_id, conflict.name)
    return record if conflict.field == _WHOLE_RECORD else f"{record} {escaped(conflict.field.replace('_', ' '), 40)}"


def _conflict(conflict: OpenConflict, sites: Sites) -> list[Block]:
    there = _SYSTEMS[conflict.system]
    lines = [f"{conflict_name(conflict, sites)} {_CONFLICT_WORDS.get(conflict.kind, 'is in conflict')}"]
    if conflict.field != _WHOLE_RECORD:
        lines += [f"Here: {escaped(shown_value(conflict.local), 120)}"]
        lines += [f"{there}: {escaped(shown_value(conflict.remote), 120)}"]
    value = f"{conflict.conflict_id} {conflict.fingerprint}"
    sent = f"The next sync sends ours to {there}."
    taken = f"Ours is replaced by what {there} holds."
    return [
        section("\n".join(lines)),
        buttons(
            f"conflict {conflict.conflict_id}",
            button("Keep local", KEEP_LOCAL, value, confirm=("Keep the local value?", sent)),
            button("Keep remote", KEEP_REMOTE, value, confirm=("Keep the remote value?", taken)),
            button("Show diff", SHOW_DIFF, value),
        ),
    ]


def shown_value(value: Value) -> str:
    """A value in words; "nothing" for none."""
    match value:
        case None | "" | ():
            return "nothing"
        case str() | Decimal() | int():
            return str(value)
        case tuple():
            return ", ".join(value)
        case _:
            return dump_json(value)


def diff_message(conflict: OpenConflict, sites: Sites) -> Message:
    """Both values of a conflict against each other, line by line."""
    there = _SYSTEMS[conflict.system]
    ours, theirs = (shown_value(side).splitlines() for side in (conflict.local, conflict.remote))
    _, _, *lines = [*difflib.unified_diff(theirs, ours, lineterm="", n=2)] or ["", ""]
    text = "\n".join("…" if line.startswith("@@") else line for line in lines[1:]) or "Both sides hold the same by now."
    blocks = [section(f"*{conflict_name(conflict, sites)}*: lines with + are ours, with - {there}'s")]
    blocks.append(section(f"```\n{escaped_lines(text, 2_600)}\n```"))
    if length(text) > 2_500:
        blocks.append(footnote(f"All of it: `javis conflicts show {conflict.conflict_id}`"))
    return Message(f"Both values of {escaped(conflict.name)}", tuple(blocks))


# ---- blockers and forecast


def _outlook_lines(context: WorkContext, sites: Sites) -> list[str]:
    titles = _titles(context.issues)
    lines = [_blocker_line(root, titles, sites) for root in context.blockers.roots[:15]]
    names = {f"sprint:{sprint.sprint_id}": escaped(sprint.name, 60) for sprint in context.sprints}
    for forecast in context.forecasts[:15]:
        kind, _, key = forecast.subject.partition(":")
        name = names.get(forecast.subject) or (sites.issue(key) if kind == "epic" else escaped(key))
        title = titles.get(key)
        named = f"{name} ({escaped(title, 60)})" if title else name
        lines.append(f"• {named}: {forecast.remaining} left. {_forecast_text(forecast, context)}")
    return lines


def _blocker_line(root: Blocker, titles: Mapping[str, str], sites: Sites) -> str:
    title = f" ({escaped(titles[root.key], 60)})" if root.key in titles else ""
    held = ", ".join(sites.issue(key) for key in root.held_up_keys[:3])
    more = f" and {root.held_up - 3} more" if root.held_up > 3 else ""
    return f"• {sites.issue(root.key)}{title} holds up {held}{more}"


# ---- alert, status, failure, test


def alert_message(context: WorkContext, earlier: Earlier | None, sites: Sites) -> Message:
    """The risks changed: which are new, worse or gone, and the worst there are."""
    facts = alert_facts(context)
    project = context.project_key
    zone = ZoneInfo(context.time_zone)
    listed = [risk for risk in context.risks if risk.finding_id in facts.risks]
    changed = "risks" if earlier is None else "risks changed"
    blocks = [header(f"{project}: {changed if listed else 'no risks any more'}")]
    if earlier is not None:
        blocks += _news(facts, earlier, sites, zone)
    if listed:
        lines = [_risk_line(risk, context, sites) for risk in listed]
        more = f"see `javis context --project {escaped(project, 40)} --show-risks`"
        blocks.append(
            section(f"*Now* ({_totals_text(facts.totals)})\n{fitted(lines, most=2_800, shown=8, where=more)}")
        )
    blocks.append(footnote(f"As of {moment(context.as_of, zone)} ({escaped(context.time_zone, 40)})"))
    return Message(f"{escaped(project, 40)}: {_totals_text(facts.totals)}", tuple(blocks))


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
        f"*{_SYSTEMS.get(scope.system, scope.system)} {escaped(scope.scope, 60)}*: {ran}",
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


def failure_message(job: str, cause: str, run_url: str | None, project: str | None) -> Message:
    """A run failed: why, and where to look."""
    about = f" for {escaped(project, 40)}" if project else ""
    blocks = [
        header(f"{job} failed{f' for {project}' if project else ''}"),
        section(escaped(cause, 2_000) or "No reason was given."),
    ]
    if run_url:
        blocks.append(section(f"<{escaped_url(run_url)}|Open the run>"))
    blocks.append(footnote("Posted once for this job and cause."))
    return Message(f"{escaped(job, 80)} failed{about}: {escaped(cause, 200)}", tuple(blocks))


def hello_message(app: str, now: datetime, zone: ZoneInfo) -> Message:
    """A test."""
    text = f"*{escaped(app, 80)}* can post here. Sent by `javis slack test` on {moment(now, zone)}."
    return Message(f"{escaped(app, 80)} can post here", (section(text),))


def answer_message(text: str) -> Message:
    """One sentence of ours that may quote people."""
    line = escaped(text, 2_000)
    return Message(line, (section(line),))
