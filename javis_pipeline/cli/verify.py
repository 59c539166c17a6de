"""`javis verify`: whether both sides agree."""

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from javis_pipeline.records.values import ScopeRef
    from javis_pipeline.steps.verify import Verified

DIFFERENT = 5


@click.command()
@click.option("--project", "projects", multiple=True, metavar="KEY", help="Only this project; can be given again.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Only N records of each project and space.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, projects: tuple[str, ...], sample: int | None, as_json: bool) -> None:
    """Read both sides afresh and compare them, field by field; changes nothing anywhere.

    \b
    equal        both sides hold the same
    waiting      for the next sync: an edit, or a change there
    in conflict  until somebody chooses: javis conflicts
    in error     why: javis conflicts list --errors
    by policy    not synced, or deleted here
    different    none of these, in three looks; exit code 5

    What is different for no reason is a fault of ours: please report it.
    """
    from javis_pipeline.cli.projects import chosen_projects
    from javis_pipeline.db.jira_fields import field_names
    from javis_pipeline.db.people import display_names
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.verify import sample_of, verify_scopes
    from javis_pipeline.wiring import open_database, read_only_jobs

    settings = load_settings()
    keys = chosen_projects(projects, settings.partitions)
    with closing(open_database(settings)) as db, read_only_jobs(db, settings, keys, run_id="verify") as jobs:
        found = verify_scopes(jobs, choose=sample_of(sample))
        people, fields = display_names(db), field_names(db)
    differences = [each for verified in found.values() for each in verified.differences]
    if as_json:
        click.echo(json.dumps([_document(scope, verified) for scope, verified in found.items()], indent=2, default=str))
    else:
        _print(found, people, fields)
    context.exit(DIFFERENT if differences else 0)


def _document(scope: "ScopeRef", verified: "Verified") -> dict[str, object]:
    return {
        "system": scope.system,
        "scope": scope.scope,
        "records": verified.records,
        "fields": {name: dict(counts) for name, counts in verified.fields.items()},
        "differences": [each._asdict() for each in verified.differences],
    }


def _print(found: "Mapping[ScopeRef, Verified]", people: "Mapping[str, str]", fields: "Mapping[str, str]") -> None:
    from typing import get_args

    from javis_pipeline.cli.lines import say
    from javis_pipeline.cli.tables import print_table
    from javis_pipeline.cli.values import short
    from javis_pipeline.sync.verify import Standing

    standings = get_args(Standing)
    rows = [
        (f"{scope.system} {scope.scope}", fields.get(name, name), *(counts[standing] or "" for standing in standings))
        for scope, verified in found.items()
        for name, counts in verified.fields.items()
    ]
    print_table(["scope", "field", *standings], rows, empty="Nothing was synced yet. Next: javis sync")
    different = [each for verified in found.values() for each in verified.differences]
    for each in different:
        say(
            f"{each.key} {fields.get(each.field, each.field)}: here {short(each.here, people)}, "
            f"there {short(each.there, people)}",
            hang=2,
        )
    total: Counter[str] = Counter()
    for verified in found.values():
        total.update(verified.count())
    if different:
        say(f"{len(different)} fields differ and nothing says why. Next: javis sync --full")
    elif total["waiting"]:
        click.echo("Nothing differs without a reason. Next: javis sync")
    elif rows:
        click.echo("Nothing differs without a reason.")
