"""The work context of a project from its tables."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from javis_pipeline.context.areas import names_in, with_components
from javis_pipeline.context.blockers import build_graph, describe_blockers
from javis_pipeline.context.days import Today, as_date, as_text, natural_order
from javis_pipeline.context.epics import describe_epics
from javis_pipeline.context.facts import Facts
from javis_pipeline.context.finishes import finishes_of
from javis_pipeline.context.flow import count_issues, describe_flow
from javis_pipeline.context.forecast import forecast_all
from javis_pipeline.context.frames import Frames
from javis_pipeline.context.history import with_history
from javis_pipeline.context.notes import odd_data
from javis_pipeline.context.pages import describe_pages
from javis_pipeline.context.risks import (
    asleep,
    blocked,
    blocker_not_synced,
    blocks_many,
    conflict_open,
    dependency_cycle,
    due_soon_not_started,
    epic_late,
    epic_without_estimate,
    held_by_one,
    high_priority_untouched,
    idle_in_progress,
    overdue,
    overloaded_person,
    page_stale,
    reopened,
    scope_creep,
    sprint_off_track,
    unassigned_in_sprint,
    version_late,
)
from javis_pipeline.context.sprints import active_sprint_ids, describe_sprint, sprint_named, with_sprints
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.context.versions import describe_versions
from javis_pipeline.context.visions import describe_visions
from javis_pipeline.context.workload import describe_workload, unassigned_open
from javis_pipeline.records.context import IssueBrief, WorkContext
from javis_pipeline.records.people import Person
from javis_pipeline.records.plans import SprintState
from javis_pipeline.records.risk import SEVERITY_ORDER, Risk, RiskTotal

# In the order in which risks of the same severity are shown.
FINDERS = (
    asleep.find,
    sprint_off_track.find,
    epic_late.find,
    version_late.find,
    dependency_cycle.find,
    overdue.find,
    blocked.find,
    blocks_many.find,
    blocker_not_synced.find,
    due_soon_not_started.find,
    unassigned_in_sprint.find,
    scope_creep.find,
    idle_in_progress.find,
    reopened.find,
    overloaded_person.find,
    held_by_one.find,
    high_priority_untouched.find,
    conflict_open.find,
    epic_without_estimate.find,
    page_stale.find,
)
_PAGES_LISTED = 50
_VERSION_KEYS_NAMED = 20


def build_work_context(
    frames: Frames,
    project_key: str,
    *,
    now: datetime,
    zone: ZoneInfo,
    thresholds: Thresholds,
    sprint: str | None = None,
) -> WorkContext:
    """Everything that is known about a project. The same arguments give an equal context.

    Args:
        now: UTC-aware instant; events after it are not counted as having happened.
        zone: Zone that days are counted in.
        sprint: Name of a sprint to describe first, whatever its state; one that does not exist is ignored.
    """
    today = Today(now, zone)
    issues = with_sprints(with_history(frames, today), frames)
    active = tuple(describe_sprint(frames, issues, each, today) for each in active_sprint_ids(frames))
    finishes = finishes_of(issues, today)
    flow = describe_flow(issues, finishes, today, thresholds)
    graph = build_graph(issues, frames, thresholds)
    pages = describe_pages(frames, issues, today)
    workload = with_components(describe_workload(issues, today, thresholds), issues)
    epics = describe_epics(issues)
    versions = describe_versions(frames, issues, today.date)
    forecasts = forecast_all(frames, issues, (active, epics, versions), finishes, today, thresholds)
    facts = Facts(
        project_key, today, thresholds, frames, issues, flow, active, graph, pages, workload, epics, versions, forecasts
    )
    risks, totals = _risks(facts)
    context = WorkContext(
        project_key=project_key,
        as_of=now,
        time_zone=zone.key,
        counts=count_issues(issues),
        flow=flow,
        sprints=_asked_first(frames, issues, active, sprint, today),
        workload=workload,
        unassigned_open=unassigned_open(issues),
        epics=epics,
        visions=describe_visions(frames.visions, issues, epics, forecasts),
        pages=pages[:_PAGES_LISTED],
        risks=risks,
        risk_totals=totals,
        blockers=describe_blockers(graph),
        forecasts=forecasts,
        versions=versions,
        notes=(*odd_data(frames, issues, today, weeks=thresholds.weeks), *finishes.notes()),
        high_priorities=thresholds.high_priorities,
    )
    return _with_names(context, frames, issues)


def _risks(facts: Facts) -> tuple[tuple[Risk, ...], tuple[RiskTotal, ...]]:
    results = [find(facts) for find in FINDERS]
    risks = [risk for result in results for risk in result.risks]
    totals = [total for result in results for total in result.totals]
    return (
        tuple(sorted(risks, key=lambda risk: SEVERITY_ORDER[risk.severity])),
        tuple(sorted(totals, key=lambda total: SEVERITY_ORDER[total.severity])),
    )


def _asked_first(
    frames: Frames, issues: pd.DataFrame, active: tuple[SprintState, ...], name: str | None, today: Today
) -> tuple[SprintState, ...]:
    asked = None if name is None else sprint_named(frames, name)
    if asked is None:
        return active
    others = tuple(sprint for sprint in active if sprint.sprint_id != asked)
    return (describe_sprint(frames, issues, asked, today), *others)


def _with_names(context: WorkContext, frames: Frames, issues: pd.DataFrame) -> WorkContext:
    """The context with what is known about every issue and person that it names."""
    keys = set(_named_keys(context))
    columns = [
        "key", "title", "issue_type", "status", "status_category", "priority", "assignee_id", "due_date", "parent_key",
    ]  # fmt: skip
    known = pd.concat(
        [
            table.reindex(columns=[*columns, "components"]).loc[table["key"].isin(keys)]
            for table in (issues, frames.outside_issues)
        ],
        ignore_index=True,
    )
    known = known[known["status"].notna()].sort_values("key", key=natural_order)
    briefs = tuple(
        IssueBrief(
            key=row["key"],
            title=as_text(row["title"]),
            issue_type=as_text(row["issue_type"]),
            status=as_text(row["status"]),
            status_category=as_text(row["status_category"]),  # type: ignore[arg-type]  # the table's CHECK sees to it
            priority=as_text(row["priority"]),
            assignee_id=as_text(row["assignee_id"]),
            due_date=as_date(row["due_date"]),
            parent_key=as_text(row["parent_key"]),
            components=names_in(row.get("components")),
        )
        for row in known.to_dict("records")
    )
    ids = {load.account_id for load in context.workload} | {brief.assignee_id for brief in briefs}
    users = frames.users[frames.users["account_id"].isin(ids)].sort_values("account_id")
    people = tuple(Person(account, name) for account, name in users.itertuples(index=False, name=None))
    return replace(context, issues=briefs, people=people)


def _named_keys(context: WorkContext) -> Iterator[str]:
    for risk in context.risks:
        yield from risk.issue_keys
    for sprint in context.sprints:
        yield from (*sprint.added_keys, *sprint.removed_keys, *sprint.remaining_keys)
    for root in context.blockers.roots:
        yield from (root.key, *root.held_up_keys)
    for link in context.blockers.links:
        yield from (link.blocker_key, link.blocked_key)
    for version in context.versions:
        yield from version.remaining_keys[:_VERSION_KEYS_NAMED]
    for epic in context.epics:
        yield epic.key
    for vision in context.visions:
        yield from (*vision.live_epic_keys, *vision.other_epic_keys)
