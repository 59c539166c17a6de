"""The digest: at most `LINES` lines in the channel, what changed first; all else is in its thread. Pure."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from javis_pipeline.posts.blocks import Block, Message, Sites, footnote, header, section
from javis_pipeline.posts.changes import change_lines, totals_text
from javis_pipeline.posts.conflicts import conflicts_line, conflicts_message
from javis_pipeline.posts.naming import Naming
from javis_pipeline.posts.news import digest_facts, steps_key
from javis_pipeline.posts.proposals import engine_label, proposal_line, proposals_message
from javis_pipeline.posts.text import MAX_SECTION, counted, day, escaped, first_fitting, moment
from javis_pipeline.records.blockers import Blocker
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.digest import Digest, Earlier, Facts
from javis_pipeline.records.forecast import Forecast, share_words
from javis_pipeline.records.plans import SprintState

LINES: Final = 10
_NEWS_SHOWN: Final = 3
_PROPOSALS_SHOWN: Final = 3


def digest_message(digest: Digest, earlier: Earlier | None, sites: Sites) -> Message:
    """The post of the day: what changed, the sprint, what is newly suggested, new conflicts.

    What the post before told stays in the thread: a line that comes every morning is read by nobody.
    """
    context, facts = digest.context, digest_facts(digest)
    naming = Naming(context, sites)
    news = _news(digest, facts, earlier, naming)
    conflicts = [
        each for each in digest.conflicts if earlier is None or str(each.conflict_id) not in earlier.facts.conflicts
    ]
    last = [conflicts_line(conflicts, sites)] if conflicts else []
    # Headline and small print are lines as well.
    room = LINES - len(news) - len(last) - 3
    proposals = _proposal_lines(digest, earlier, naming, min(room, _PROPOSALS_SHOWN))
    return Message(
        _notification(digest, facts),
        (
            header(f"{context.project_key}: {_verdict(facts)}"),
            *(section("\n".join(lines)) for lines in (news, [_state_line(context)], proposals, last) if lines),
            _small_print(digest, sites),
        ),
    )


def digest_details(digest: Digest, sites: Sites) -> dict[str, Message]:
    """What goes into the thread of the digest, by part, in order."""
    context, naming = digest.context, Naming(digest.context, sites)
    parts: dict[str, Message] = {}
    if digest.proposals:
        parts["suggestions"] = proposals_message(digest, naming)
    if digest.conflicts:
        parts["conflicts"] = conflicts_message(digest.conflicts, sites)
    if context.risks:
        more = f"`javis context --project {escaped(context.project_key, 40)} --show-risks`"
        title = f"All risks ({totals_text(digest_facts(digest).totals)})"
        parts["risks"] = _long_list(title, naming.lines(context.risks), most=11_000, more=more)
    outlook = _outlook_lines(context, naming)
    if outlook:
        parts["outlook"] = _long_list("Blockers and forecast", outlook, most=6_000, more="")
    return parts


def _verdict(facts: Facts) -> str:
    if facts.totals.get("high"):
        return "at risk"
    return "to watch" if facts.totals.get("medium") else "on track"


def _notification(digest: Digest, facts: Facts) -> str:
    waiting = sum(proposal.state == "proposed" for proposal in digest.proposals)
    parts = [
        f"{facts.sprint_done} of {facts.sprint_items} done in {escaped(facts.sprint, 60)}" if facts.sprint else "",
        totals_text(facts.totals),
        counted(waiting, "suggestion") if waiting else "",
        counted(len(digest.conflicts), "conflict") if digest.conflicts else "",
    ]
    named = f"{escaped(digest.context.project_key, 40)} {_verdict(facts)}"
    return f"{named}: {', '.join(part for part in parts if part)}"


def _news(digest: Digest, facts: Facts, earlier: Earlier | None, naming: Naming) -> list[str]:
    """What changed since the last post; in the first post, what presses most."""
    context = digest.context
    if earlier is None:
        lines = naming.lines(context.risks)
        title = "*Most pressing*" if lines else "*No risks* were found."
    else:
        lines = change_lines(earlier.facts, facts, context, naming)
        title = f"*Since {moment(earlier.posted_at, ZoneInfo(context.time_zone))}*"
        title += "" if lines else ": nothing of weight"
    left = len(lines) - _NEWS_SHOWN
    return [f"{title} ({left} more in the thread)" if left > 0 else title, *lines[:_NEWS_SHOWN]]


def _proposal_lines(digest: Digest, earlier: Earlier | None, naming: Naming, most: int) -> list[str]:
    """The best of those that the post before did not tell."""
    told = earlier.facts.proposals if earlier else {}
    new = [(rank, each) for rank, each in enumerate(digest.proposals, start=1) if steps_key(each) not in told]
    return [proposal_line(rank, proposal, naming) for rank, proposal in new[:most]]


def _small_print(digest: Digest, sites: Sites) -> Block:
    context = digest.context
    waiting = sum(proposal.state == "proposed" for proposal in digest.proposals)
    parts = (
        f"As of {moment(context.as_of, ZoneInfo(context.time_zone))} ({escaped(context.time_zone, 40)})",
        f"{counted(waiting, 'suggestion')} {engine_label(digest)}" if waiting else "",
        counted(len(digest.conflicts), "conflict") if digest.conflicts else "",
        "more in the thread",
        sites.board(context.project_key),
        sites.run(context.project_key),
    )
    return footnote(" · ".join(part for part in parts if part))


def _state_line(context: WorkContext) -> str:
    counts, flow = context.counts, context.flow
    if not context.sprints:
        last_week = flow.throughput[-1].finished if flow.throughput else 0
        open_ = counts.new + counts.indeterminate
        return (
            f"*No sprint is running*: {open_} open, {flow.in_progress} in progress, {last_week} finished in seven days"
        )
    return _sprint_line(context.sprints[0], context)


def _sprint_line(sprint: SprintState, context: WorkContext) -> str:
    parts = [f"{sprint.done} of {sprint.items} done", _time_left(sprint)]
    moved = " and ".join(
        f"{len(keys)} {word}" for keys, word in ((sprint.added_keys, "added"), (sprint.removed_keys, "removed")) if keys
    )
    forecast = next((f for f in context.forecasts if f.subject == f"sprint:{sprint.sprint_id}"), None)
    is_told = any(risk.kind == "sprint_off_track" and risk.evidence.get("sprint_id") == sprint.sprint_id
                  for risk in context.risks)  # fmt: skip
    if forecast is not None and forecast.on_time is not None and not is_told:
        parts.append(f"on time in {share_words(forecast.on_time)}")
    parts.append(moved)
    return f"*{escaped(sprint.name, 60)}*: {', '.join(part for part in parts if part)}"


def _time_left(sprint: SprintState) -> str:
    if sprint.days_left is None or sprint.end_on is None:
        return ""
    if sprint.days_left < 0:
        return f"overrun by {counted(-sprint.days_left, 'day')}"
    return "ends today" if sprint.days_left == 0 else f"{counted(sprint.days_left, 'day')} left"


def _outlook_lines(context: WorkContext, naming: Naming) -> list[str]:
    lines = [_blocker_line(root, naming) for root in context.blockers.roots[:15]]
    names = {f"sprint:{sprint.sprint_id}": escaped(sprint.name, 60) for sprint in context.sprints}
    names |= {f"version:{version.version_id}": f"version {escaped(version.name, 60)}" for version in context.versions}
    for forecast in context.forecasts[:15]:
        kind, _, key = forecast.subject.partition(":")
        name = names.get(forecast.subject) or (naming.issue(key) if kind == "epic" else escaped(key))
        lines.append(f"• {name}: {forecast.remaining} left. {_forecast_text(forecast, context)}")
    return lines


def _blocker_line(root: Blocker, naming: Naming) -> str:
    held = ", ".join(naming.sites.issue(key) for key in root.held_up_keys[:3])
    more = f" and {root.held_up - 3} more" if root.held_up > 3 else ""
    return f"• {naming.issue(root.key)} holds up {held}{more}"


def _forecast_text(forecast: Forecast, context: WorkContext) -> str:
    if forecast.p50_on is None:
        return f"No forecast: {escaped(forecast.reason, 200)}" if forecast.reason else "No forecast"
    until, share = (forecast.p50_on, 50) if forecast.p85_on is None else (forecast.p85_on, 85)
    text = f"Done by {day(until, context.today)} in {share} of 100 cases"
    if forecast.on_time is not None:
        text += f"; on time in {share_words(forecast.on_time)}"
    return text


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
