"""Once a week to Slack: what the last week's advice came to, and how good the forecasts were."""

from datetime import datetime, time, timedelta
from typing import Final

from javis_pipeline.clients.slack.client import SlackClient
from javis_pipeline.db import suggestions as rows
from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.context import daily_forecasts
from javis_pipeline.db.suggestions import suggestion_of
from javis_pipeline.posts.week import week_message
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.digest import Week
from javis_pipeline.records.suggestion import AdviceOutcome
from javis_pipeline.steps.build_context import last_context
from javis_pipeline.steps.notify import Outlet
from javis_pipeline.steps.publish import Drawing, Post, Published, publish
from javis_pipeline.suggestions.outcomes import outcomes

WEEK: Final = "week"
_SEASON: Final = timedelta(days=90)


def read_week(db: Database, outlet: Outlet, *, now: datetime) -> Week | None:
    """The last whole week, from Monday on; None when nothing was suggested in it and no date came due."""
    from javis_pipeline.context.looking_back import came_due, said_on

    context = last_context(db, outlet.project)
    if context is None:
        return None
    today = now.astimezone(outlet.zone).date()
    until = today - timedelta(days=today.weekday())
    since = until - timedelta(days=7)
    start, end = (datetime.combine(day, time(), outlet.zone) for day in (since, until))
    with db.transaction() as conn:
        advice = _advice(conn, context, start, end)
        said = daily_forecasts(conn, outlet.project, since=start - _SEASON, until=now)
    history = [said_on(document) for document in said]
    forecasts = came_due(history, since, until)
    if not advice and not forecasts:
        return None
    names = {name: words for document in said for name, words in _names(document).items()}
    return Week(
        project=outlet.project,
        since=since,
        until=until,
        advice=advice,
        forecasts=forecasts,
        record=came_due(history, since - _SEASON, until),
        names=names | _names_of_epics(context),
    )


def week_post(week: Week, outlet: Outlet) -> Post:
    """The week as a post: one a week, which stays as it was told."""
    message = week_message(week, outlet.sites)
    state = week.since.isoformat()
    return Post(WEEK, outlet.project, outlet.channel, state, lambda _: Drawing(message), is_kept_current=False)


def post_week(db: Database, slack: SlackClient, outlet: Outlet, *, now: datetime) -> Published:
    """Tell the channel, once for each week of which there is something to tell."""
    week = read_week(db, outlet, now=now)
    if week is None:
        return Published("nothing_to_say", None)
    return publish(db, slack, week_post(week, outlet), now=now, zone=outlet.zone)


def _advice(conn: Connection, context: WorkContext, since: datetime, until: datetime) -> tuple[AdviceOutcome, ...]:
    found = rows.suggestions_between(conn, project_key=context.project_key, since=since, until=until)
    told = [(suggestion_of(row), row["state"], row["decided_by"]) for row in found]
    keys = {step.issue_key for suggestion, _, _ in told for step in suggestion.actions}
    return outcomes(told, rows.issues_now(conn, keys), {risk.finding_id for risk in context.risks})


def _names(document: dict[str, list[dict[str, object]]]) -> dict[str, str]:
    sprints = {f"sprint:{sprint['sprint_id']}": str(sprint["name"]) for sprint in document["sprints"]}
    return sprints | {f"version:{each['version_id']}": f"version {each['name']}" for each in document["versions"]}


def _names_of_epics(context: WorkContext) -> dict[str, str]:
    titles = {issue.key: issue.title for issue in context.issues}
    return {f"epic:{epic.key}": f"{epic.key} {titles.get(epic.key) or ''}".strip() for epic in context.epics}
