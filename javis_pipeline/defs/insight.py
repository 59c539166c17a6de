"""What the tables mean: the work context, and the advice made from it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from javis_pipeline.context.small_plots import SMALL_PLOTS, small_plot
from javis_pipeline.db.connection import Database
from javis_pipeline.defs.assets import project_asset
from javis_pipeline.defs.columns import described
from javis_pipeline.defs.conflicts import sync_conflicts
from javis_pipeline.defs.failures import explained_failures
from javis_pipeline.defs.lineage import CONTEXT, SUGGESTIONS
from javis_pipeline.defs.metadata import (
    drawing,
    issue_link,
    issue_links,
    markdown_table,
    materialized,
    picture,
    plain,
    unfolded_table,
    version_of,
)
from javis_pipeline.defs.syncing import PULLED
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.forecast import Forecast
from javis_pipeline.records.suggestion import Action, AdviceScope
from javis_pipeline.settings import Settings
from javis_pipeline.steps.build_context import KeptContext, build_context, last_context
from javis_pipeline.steps.suggest import StoredAdvice, suggest
from javis_pipeline.wiring import claude_client, context_scope

# What the large plots are shown under.
PLOTS_SHOWN = "plots"


@project_asset(
    deps=[*PULLED.values(), sync_conflicts],
    group="insight",
    kinds={"pandas"},
    writes="here",
    metadata=described("work_contexts", CONTEXT),
    # When what it is made from differs, not whenever something ran; of a project that was never read it says nothing.
    automation_condition=dg.AutomationCondition.any_deps_match(dg.AutomationCondition.data_version_changed())
    & ~dg.AutomationCondition.any_deps_missing()
    & ~dg.AutomationCondition.in_progress(),
)
def work_context(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.MaterializeResult[None]:
    """The state of the project: flow, sprint, risks, blockers, forecast. Kept when it differs from the last one."""
    with explained_failures():
        kept = build_context(db, context_scope(settings, context.partition_key), now=datetime.now(UTC))
    return materialized(
        context,
        {
            **_context_metadata(kept.context, settings),
            PLOTS_SHOWN: _plots(context, kept),
            "context_hash": kept.context_hash,
            "changed": kept.changed,
        },
        data_version=kept.context_hash,
    )


def _drawings(context: WorkContext) -> Mapping[str, Any]:
    """The small plots, which are seen without a click."""
    return {name: drawing(*_drawn(context, name)) for name in SMALL_PLOTS}


def _drawn(context: WorkContext, name: str) -> tuple[str, str, str]:
    svg, words = small_plot(context, name)
    return svg, name.replace("_", " "), words


def _plots(context: dg.AssetExecutionContext, kept: KeptContext) -> dg.MetadataValue[Any]:
    """The large plots. As long as nothing has changed they are those of the last run: drawing takes about a second."""
    of_project = dg.AssetRecordsFilter(asset_key=context.asset_key, asset_partitions=[context.partition_key])
    for last in context.instance.fetch_materializations(of_project, limit=1).records:
        shown = last.asset_materialization.metadata if last.asset_materialization else {}
        same = shown.get("context_hash") == dg.MetadataValue.text(kept.context_hash)
        if same and PLOTS_SHOWN in shown:
            kept_plots: dg.MetadataValue[Any] = shown[PLOTS_SHOWN]
            return kept_plots
    # matplotlib takes half a second to import, and only a run that draws needs it.
    from javis_pipeline.context.plots import PLOTS, plot

    return dg.MetadataValue.md("\n\n".join(picture(plot(kept.context, name), name.replace("_", " ")) for name in PLOTS))


def _context_metadata(context: WorkContext, settings: Settings) -> dict[str, Any]:
    site = settings.jira_url
    risks = [
        (risk.severity, issue_links(risk.issue_keys[:1], site), risk.summary, risk.since) for risk in context.risks
    ]
    blockers = [
        (issue_link(root.key, site), root.held_up, root.depth, issue_links(root.held_up_keys[:5], site))
        for root in context.blockers.roots
    ]
    forecasts = [
        (
            _subject(forecast, context, site),
            forecast.remaining,
            forecast.p50_on,
            forecast.p85_on,
            forecast.p95_on,
            forecast.target_on,
        )
        for forecast in context.forecasts
    ]
    return {
        "open": context.counts.new + context.counts.indeterminate,
        "in_progress": context.flow.in_progress,
        "done": context.counts.done,
        **_drawings(context),
        "risks": unfolded_table(["severity", "such as", "why", "since"], risks),
        "blockers": unfolded_table(["blocker", "holds up", "depth", "such as"], blockers),
        "forecast_dates": unfolded_table(["of", "items left", "50 %", "85 %", "95 %", "wanted"], forecasts),
        "notes": dg.MetadataValue.md("\n".join(f"- {note}" for note in context.notes) or "*none*"),
    }


def _subject(forecast: Forecast, context: WorkContext, site: str | None) -> str:
    """What the forecast is about: the sprint's name, or the epic's key, which leads to it."""
    kind, _, name = forecast.subject.partition(":")
    if kind == "epic":
        return issue_link(name, site)
    return next((sprint.name for sprint in context.sprints if str(sprint.sprint_id) == name), forecast.subject)


@project_asset(
    deps=[work_context],
    group="insight",
    kinds={"claude"},
    writes="here",
    pool="claude_api",
    metadata=described("ai_suggestions", SUGGESTIONS),
)
def ai_suggestions(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.MaterializeResult[None]:
    """What to do next, ranked; each suggestion cites findings of the work context. An unchanged context costs nothing.

    Claude answers with an API key, else the rules do; `engine` says which.
    """
    newest = last_context(db, context.partition_key)
    if newest is None:
        raise dg.Failure(
            f"project {context.partition_key} has no work context yet; materialize work_context first",
            allow_retries=False,
        )
    claude = claude_client(settings)
    try:
        with explained_failures():
            advice = suggest(db, claude, newest, AdviceScope(), now=datetime.now(UTC))
    finally:
        if claude is not None:
            claude.close()
    return materialized(
        context,
        _advice_metadata(advice, settings),
        data_version=version_of(advice.advice_id, *(row["state"] for row in advice.suggestions)),
    )


def _advice_metadata(advice: StoredAdvice, settings: Settings) -> dict[str, Any]:
    return {
        "engine": advice.engine,
        "model": advice.model or "none: the rules",
        "reused": advice.reused,
        "suggestions": len(advice.suggestions),
        "dropped": sum(advice.dropped.values()),
        "dropped_because": dg.MetadataValue.md(markdown_table(["reason", "suggestions"], advice.dropped.items())),
        "ranked": dg.MetadataValue.md(_ranked(advice, settings.jira_url)),
        "notes": dg.MetadataValue.md("\n".join(f"- {plain(note)}" for note in advice.notes) or "*none*"),
        **_cost(advice),
    }


def _ranked(advice: StoredAdvice, site: str | None) -> str:
    """A section for each suggestion: a table's cells are too short for reasons and steps."""
    sections = []
    for row in advice.suggestions:
        keys = issue_links(row["evidence"]["issue_keys"], site)
        steps = [f"- {plain(Action(**action).words(advice.names))}" for action in row["actions"]]
        state = "" if row["state"] == "proposed" else f" ({row['state']})"
        head = f"**{row['rank']}. {plain(row['title'])}**{state}"
        sections.append("\n".join([f"{head} {keys}", "", plain(row["rationale"]), "", *steps]))
    return "\n\n".join(sections) or "*none*"


def _cost(advice: StoredAdvice) -> dict[str, Any]:
    """Tokens and money of this run; 0 when the answer was kept from before, nothing when no model was asked."""
    if advice.usage is None:
        return {}
    spent = {name: 0.0 if advice.reused else float(value) for name, value in advice.usage.items() if value is not None}
    return {name: int(value) if name.endswith("tokens") else value for name, value in spent.items()}
