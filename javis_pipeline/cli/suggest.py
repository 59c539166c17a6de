"""`javis suggest`: what to do next, and saying yes or no to it."""

import getpass
import json
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from javis_pipeline.errors import UsageError

if TYPE_CHECKING:
    from javis_pipeline.db.connection import Database
    from javis_pipeline.records.context import WorkContext
    from javis_pipeline.records.suggestion import AdviceScope
    from javis_pipeline.settings import Settings
    from javis_pipeline.steps.suggest import StoredAdvice


@click.group(invoke_without_command=True)
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
    configured = settings.require_projects()
    keys = [epic.rpartition("-")[0].upper()] if epic and not projects else chosen_projects(projects, configured)

    with closing(open_database(settings)) as db:
        found = [(key, _advice(db, settings, key, epic, sprint)) for key in chosen_projects(keys, configured)]
    if as_json:
        click.echo(json.dumps([_document(key, advice) for key, advice in found], indent=2, default=str))
        return
    for key, advice in found:
        _print(key, advice)


def _advice(db: "Database", settings: "Settings", key: str, epic: str | None, sprint: str | None) -> "StoredAdvice":
    from javis_pipeline.steps.build_context import check_project, read_context
    from javis_pipeline.steps.suggest import suggest
    from javis_pipeline.wiring import claude_client, context_scope

    now = datetime.now(UTC)
    check_project(db, key)
    context = read_context(db, context_scope(settings, key), now=now, sprint=sprint)
    scope = _scope(db, context, epic, sprint)
    claude = claude_client(settings)
    try:
        return suggest(db, claude, context, scope, now=now)
    finally:
        if claude is not None:
            claude.close()


def _scope(db: "Database", context: "WorkContext", epic: str | None, sprint: str | None) -> "AdviceScope":
    from javis_pipeline.db.suggestions import issues_of_epic
    from javis_pipeline.records.suggestion import AdviceScope

    if epic:
        with db.transaction() as conn:
            keys = issues_of_epic(conn, epic.upper())
        if not keys:
            names = ", ".join(progress.key for progress in context.epics[:5])
            raise UsageError(f"there is no epic {epic} in project {context.project_key}; open epics: {names or 'none'}")
        return AdviceScope(f"epic:{epic.upper()}", keys)
    if sprint:
        asked = context.sprints[0]  # a sprint that was asked for comes first
        return AdviceScope(f"sprint:{asked.sprint_id}", frozenset(asked.remaining_keys))
    return AdviceScope()


def _document(key: str, advice: "StoredAdvice") -> dict[str, Any]:
    return {
        "project": key,
        "engine": advice.engine,
        "model": advice.model,
        "reused": advice.reused,
        "dropped": advice.dropped,
        "notes": advice.notes,
        "suggestions": list(advice.suggestions),
    }


def _print(key: str, advice: "StoredAdvice") -> None:
    by = advice.model if advice.engine == "claude" else "the rules, without a model"
    click.secho(f"{key}: suggestions by {by}", bold=True)
    for note in advice.notes:
        click.echo(f"  {note}")
    if advice.dropped:
        reasons = ", ".join(f"{count} {reason}" for reason, count in advice.dropped.items())
        click.echo(f"  Dropped because ungrounded: {reasons}.")
    if not advice.suggestions:
        click.echo("  Nothing to suggest: no risk was found.")
    for row in advice.suggestions:
        _print_suggestion(row)
    if any(row["state"] == "proposed" for row in advice.suggestions):
        click.echo("Next: javis suggest accept ID, or javis suggest reject ID")


def _print_suggestion(row: Mapping[str, Any]) -> None:
    state = "" if row["state"] == "proposed" else f"  ({row['state']})"
    click.echo(f"\n  {click.style(str(row['id'])[:8], fg='cyan')}  {row['title']}{state}")
    click.echo(f"            {row['rationale']}")
    for action in row["actions"]:
        click.echo(f"            - {action_words(action)}")


def action_words(action: Mapping[str, Any]) -> str:
    """An action as a sentence's part: "set priority of OQC-7 to High"."""
    key, value = action["issue_key"], action["value"]
    match action["kind"]:
        case "set_priority":
            return f"set priority of {key} to {value}"
        case "add_label":
            return f"add label {value} to {key}"
        case "set_due_date":
            return f"set due date of {key} to {value}"
        case "assign":
            return f"assign {key} to {value}"
        case "link_blocker":
            return f"link {key} as blocked by {value} (by hand)"
        case "split":
            return f"split {key} (by hand): {value}"
        case _:
            return f"comment on {key} (draft): {value}"


@command.command()
@click.argument("suggestion_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def accept(suggestion_id: str, as_json: bool) -> None:
    """Turn a suggestion into edits here; the next sync sends them. ID may be cut short."""
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.suggest import accept as accept_suggestion
    from javis_pipeline.wiring import open_database

    with closing(open_database(load_settings())) as db:
        accepted = accept_suggestion(db, suggestion_id, by=getpass.getuser(), now=datetime.now(UTC))
    edits = [action_words({"kind": a.kind, "issue_key": a.issue_key, "value": a.value}) for a in accepted.edits]
    drafts = [action_words({"kind": a.kind, "issue_key": a.issue_key, "value": a.value}) for a in accepted.drafts]
    if as_json:
        click.echo(json.dumps({"title": accepted.title, "edits": edits, "drafts": drafts}, indent=2))
        return
    click.echo(f"Accepted: {accepted.title}")
    for line in edits:
        click.echo(f"  done here: {line}")
    for line in drafts:
        click.echo(f"  for you:   {line}")
    click.echo("Next: javis sync" if edits else "Nothing to sync: the texts are for you to use.")


@command.command()
@click.argument("suggestion_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def reject(suggestion_id: str, as_json: bool) -> None:
    """Decline a suggestion; it is not shown again for this state of the project. ID may be cut short."""
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.suggest import reject as reject_suggestion
    from javis_pipeline.wiring import open_database

    with closing(open_database(load_settings())) as db:
        title = reject_suggestion(db, suggestion_id, by=getpass.getuser(), now=datetime.now(UTC))
    click.echo(json.dumps({"title": title, "state": "rejected"}) if as_json else f"Rejected: {title}")
