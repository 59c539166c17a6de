"""`javis suggest`: what to do next, and saying yes or no to it."""

import getpass
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from javis_pipeline.cli.groups import Group
from javis_pipeline.cli.lines import say
from javis_pipeline.errors import UsageError
from javis_pipeline.records.suggestion import Action, AdviceScope

if TYPE_CHECKING:
    from javis_pipeline.db.connection import Database
    from javis_pipeline.settings import Settings
    from javis_pipeline.steps.suggest import StoredAdvice

_ALL_RISKS = 10_000


@click.group(cls=Group, invoke_without_command=True)
@click.option("--project", "projects", multiple=True, metavar="KEY", help="Only this project; can be given again.")
@click.option("--epic", metavar="KEY", help="Speak only of this epic and its issues.")
@click.option("--sprint", metavar="NAME", help="Speak only of this sprint's open issues.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    context: click.Context, projects: tuple[str, ...], epic: str | None, sprint: str | None, as_json: bool
) -> None:
    """Suggest what to do next, best first, from what the last sync brought.

    With ANTHROPIC_API_KEY Claude is asked, once for each state of a project; without it, or when it cannot be asked,
    the rules answer. Nothing is applied before you accept it.
    """
    if context.invoked_subcommand is not None:
        return
    if epic and sprint:
        raise UsageError("--epic and --sprint exclude each other; give one")
    from javis_pipeline.cli.projects import chosen_projects
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import open_database

    settings = load_settings()
    keys = chosen_projects(projects or _project_of(epic), settings.require_projects())
    with closing(open_database(settings)) as db:
        if sprint:
            from javis_pipeline.steps.suggest import projects_of_sprint

            keys = projects_of_sprint(db, sprint, keys)
        found = [(key, advice) for key in keys if (advice := _advice(db, settings, key, epic, sprint))]
    if not found:
        raise UsageError(f"no issue of {', '.join(keys)} is here yet; run javis sync first")
    if as_json:
        click.echo(json.dumps([_document(key, advice) for key, advice in found], indent=2, ensure_ascii=False))
        return
    for key, advice in found:
        _print(key, advice)
    if any(row["state"] == "proposed" for _, advice in found for row in advice.suggestions):
        click.echo("\nNext: javis suggest accept ID, or javis suggest reject ID")


def _project_of(epic: str | None) -> tuple[str, ...]:
    """The project that an epic's key names; nothing without an epic."""
    if epic is None:
        return ()
    project, _, number = epic.rpartition("-")
    if not project or not number.isdigit():
        raise UsageError(f"{epic!r} is not the key of an epic; it should look like OQC-4")
    return (project,)


def _advice(
    db: "Database", settings: "Settings", key: str, epic: str | None, sprint: str | None
) -> "StoredAdvice | None":
    """The advice for a project; None, and a word about it, when nothing of it is here."""
    from javis_pipeline.steps.build_context import read_context
    from javis_pipeline.steps.suggest import epic_scope, sprint_scope, suggest
    from javis_pipeline.wiring import claude_client, context_scope

    now = datetime.now(UTC)
    about = context_scope(settings, key)
    if epic or sprint:
        # The worst of the whole project may all lie outside of the epic.
        about = replace(about, thresholds=replace(about.thresholds, risks_per_kind=_ALL_RISKS))
    context = read_context(db, about, now=now, sprint=sprint)
    if not context.counts.total:
        say(f"{key}: no issue is here yet. Next: javis sync --project {key}", err=True)
        return None
    scope = epic_scope(db, context, epic.upper()) if epic else sprint_scope(context) if sprint else AdviceScope()
    claude = claude_client(settings)
    try:
        return suggest(db, claude, context, scope, now=now)
    finally:
        if claude is not None:
            claude.close()


def _document(key: str, advice: "StoredAdvice") -> dict[str, Any]:
    return {
        "project": key,
        "scope": advice.scope,
        "engine": advice.engine,
        "model": advice.model,
        "reused": advice.reused,
        "usage": None if advice.usage is None else {**advice.usage, "cost_usd": _number(advice.usage["cost_usd"])},
        "dropped": advice.dropped,
        "notes": list(advice.notes),
        "suggestions": [_suggestion_document(row, advice.names) for row in advice.suggestions],
    }


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _suggestion_document(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    plain = ("rank", "kind", "title", "rationale", "confidence", "state", "decided_by")
    return {
        "id": str(row["id"]),
        **{name: row[name] for name in plain},
        **row["evidence"],
        "actions": [
            {
                **{name: action[name] for name in ("kind", "issue_key", "value")},
                "words": Action(**action).words(names),
            }
            for action in row["actions"]
        ],
    }


def _print(key: str, advice: "StoredAdvice") -> None:
    by = advice.model if advice.engine == "claude" else "the rules, without a model"
    about = "" if advice.scope == "project" else f" ({advice.scope.replace(':', ' ', 1)})"
    click.secho(f"{key}{about}: suggestions by {by}", bold=True)
    for line in _small_print(advice):
        say(f"  {line}")
    if not advice.suggestions:
        reason = "what was proposed was dropped" if advice.dropped else "no risk was found"
        say(f"  Nothing to suggest: {reason}.")
    for row in advice.suggestions:
        _print_suggestion(row, advice.names)


def _small_print(advice: "StoredAdvice") -> Iterator[str]:
    yield from advice.notes
    if advice.dropped:
        reasons = ", ".join(f"{count} {reason}" for reason, count in advice.dropped.items())
        yield f"Dropped proposals: {reasons}."
    if advice.usage is None:
        return
    if advice.reused:
        yield "Nothing changed since Claude was asked; nothing was sent."
        return
    tokens_in = sum(advice.usage[name] for name in ("input_tokens", "cache_read_tokens", "cache_write_tokens"))
    cost = advice.usage["cost_usd"]
    price = "price not known" if cost is None else f"about ${cost:.4f}"
    yield f"{tokens_in} tokens in, {advice.usage['output_tokens']} out, {price}."


def _print_suggestion(row: Mapping[str, Any], names: Mapping[str, str]) -> None:
    from javis_pipeline.cli.tables import printable

    state = "" if row["state"] == "proposed" else f"  ({row['state']})"
    short_id = str(row["id"])[:8]
    say(f"\n  {short_id}  {printable(row['title'])}{state}", hang=12, coloured=(short_id, "cyan"))
    say(f"            {printable(row['rationale'])}")
    for action in row["actions"]:
        say(f"            - {printable(Action(**action).words(names))}")


@command.command()
@click.argument("suggestion_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def accept(suggestion_id: str, as_json: bool) -> None:
    """Turn a suggestion into edits here; the next sync sends them. ID may be cut short."""
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.accept import accept as accept_suggestion
    from javis_pipeline.wiring import apply_policies, open_database

    settings = load_settings()
    with closing(open_database(settings)) as db:
        # Whether a drafted comment is posted may have been decided after the last sync.
        apply_policies(db, settings)
        accepted = accept_suggestion(db, suggestion_id, by=getpass.getuser(), now=datetime.now(UTC))
    edits = [action.words(accepted.names, done=True) for action in accepted.edits]
    drafts = [action.words(accepted.names) for action in accepted.drafts]
    if as_json:
        document = {"title": accepted.title, "state": "accepted", "edits": edits, "drafts": drafts}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    say(f"Accepted: {accepted.title}")
    for line in edits:
        say(f"  done here: {line}")
    for line in drafts:
        say(f"  for you:   {line}")
    for project in dict.fromkeys(draft.project for draft in accepted.drafts if draft.kind == "comment_draft"):
        say(f"With JAVIS_COMMENTS={project}:two_way the next sync would have posted it.")
    for project in dict.fromkeys(draft.project for draft in accepted.drafts if draft.titles):
        say(f"With JAVIS_CREATE={project} the next sync would have made them.")
    if edits:
        click.echo("Next: javis sync")
    elif drafts:
        click.echo("Nothing to sync: the texts are for you to use.")
    else:
        click.echo("Nothing to sync: this suggestion has no step that can be done here.")


@command.command()
@click.argument("suggestion_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def reject(suggestion_id: str, as_json: bool) -> None:
    """Decline a suggestion; the same is not proposed again for two weeks. ID may be cut short."""
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.accept import reject as reject_suggestion
    from javis_pipeline.wiring import open_database

    with closing(open_database(load_settings())) as db:
        title = reject_suggestion(db, suggestion_id, by=getpass.getuser(), now=datetime.now(UTC))
    click.echo(
        json.dumps({"title": title, "state": "rejected"}, ensure_ascii=False) if as_json else f"Rejected: {title}"
    )
