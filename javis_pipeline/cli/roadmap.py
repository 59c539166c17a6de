"""`javis roadmap`: the team's own goals, and which epics work towards them."""

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from javis_pipeline.cli.groups import Group
from javis_pipeline.cli.lines import say
from javis_pipeline.errors import UsageError

if TYPE_CHECKING:
    from javis_pipeline.db.connection import Connection, Database

_KEY = re.compile(r"[A-Z][A-Z0-9_]*-[1-9][0-9]*")
_EPICS = click.argument("epics", nargs=-1, required=True, metavar="EPIC...")


@click.group(cls=Group)
def command() -> None:
    """Keep the team's own goals; `javis context` tells how far their epics are.

    Goals are kept here only: nothing of them is sent to Jira.
    """


@command.command("list")
@click.option("--all", "with_settled", is_flag=True, help="Also those that were achieved or dropped.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_visions(with_settled: bool, as_json: bool) -> None:
    """List the goals, the nearest horizon first."""
    from javis_pipeline.cli.tables import print_table
    from javis_pipeline.db import roadmap

    with _database() as db, db.transaction() as conn:
        visions = roadmap.list_visions(conn, with_settled=with_settled)
    if as_json:
        click.echo(json.dumps(visions, indent=2, default=str, ensure_ascii=False))
        return
    rows = [
        [
            vision["id"],
            vision["title"],
            vision["horizon"],
            vision["owner_id"],
            ", ".join(vision["epic_keys"]),
            vision["state"],
        ]
        for vision in visions
    ]
    empty = "No goals yet. Next: javis roadmap add 'Everything loads in a second' --horizon 2027-06-30 --epic OQC-4"
    print_table(["id", "title", "horizon", "owner", "epics", "state"], rows, empty=empty)


@command.command("add")
@click.argument("title")
@click.option("--description", default="", help="What it means, for people.")
@click.option("--horizon", type=click.DateTime(["%Y-%m-%d"]), help="Day by which it should be reached.")
@click.option("--owner", metavar="ACCOUNT_ID", help="Who answers for it.")
@click.option("--epic", "epics", multiple=True, metavar="KEY", help="An epic that works towards it; again for more.")
def add_vision(title: str, description: str, horizon: datetime | None, owner: str | None, epics: Sequence[str]) -> None:
    """Add a goal."""
    from javis_pipeline.db import roadmap

    if not title.strip():
        raise UsageError("a goal needs a title")
    keys = _epic_keys(epics)
    with _database() as db, db.transaction() as conn:
        _refuse_other_than_epics(conn, keys)
        vision_id = roadmap.add_vision(
            conn,
            title=title.strip(),
            description=description,
            horizon=_date(horizon),
            owner_id=owner,
            epic_keys=keys,
        )
    say(f"Added goal {vision_id}. Next: javis context")


@command.command("link")
@click.argument("vision", type=int)
@_EPICS
@click.option("--remove", is_flag=True, help="Take the epics from the goal instead.")
def link_epics(vision: int, epics: Sequence[str], remove: bool) -> None:
    """Say which epics work towards the goal with this id."""
    from javis_pipeline.db import roadmap

    keys = _epic_keys(epics)
    with _database() as db, db.transaction() as conn:
        if remove:
            linked = roadmap.unlink_epics(conn, vision, keys)
        else:
            _refuse_other_than_epics(conn, keys)
            linked = roadmap.link_epics(conn, vision, keys)
    if linked is None:
        raise _no_such(vision)
    say(f"Goal {vision}: {', '.join(linked) or 'no epics'}")


@command.command("settle")
@click.argument("vision", type=int)
@click.argument("state", type=click.Choice(["achieved", "dropped", "active"]))
def settle_vision(vision: int, state: str) -> None:
    """Say that a goal was achieved or dropped, or is active again."""
    from javis_pipeline.db import roadmap

    with _database() as db, db.transaction() as conn:
        found = roadmap.set_vision_state(conn, vision, state)
    if not found:
        raise _no_such(vision)
    say(f"Goal {vision} is {state}")


def _database() -> "Database":
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import open_database

    return open_database(load_settings())


def _epic_keys(given: Sequence[str]) -> list[str]:
    keys = list(dict.fromkeys(key.upper() for key in given))
    for key in keys:
        if not _KEY.fullmatch(key):
            raise UsageError(f"{key!r} is not an issue key; it should look like OQC-4")
    return keys


def _refuse_other_than_epics(conn: "Connection", keys: Sequence[str]) -> None:
    """UsageError for an issue that is no epic. One that is not here may be of a project that is synced later."""
    from javis_pipeline.db import roadmap

    types = roadmap.issue_types(conn, keys)
    wrong = [f"{key} is a {name}" for key, (name, is_epic) in types.items() if not is_epic]
    if wrong:
        raise UsageError(f"{', '.join(wrong)}; only epics work towards a goal")
    unknown = [key for key in keys if key not in types]
    if unknown:
        say(f"Not synced here, so their progress is not known: {', '.join(unknown)}", err=True)


def _no_such(vision: int) -> UsageError:
    return UsageError(f"there is no goal {vision}; javis roadmap list --all shows them")


def _date(instant: datetime | None) -> date | None:
    return None if instant is None else instant.date()
