"""What each type of issue asks for when one is made, as it is kept for an hour."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from javis_pipeline.db.connection import Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.values import dump_json

_QUERIES = named_queries("create_forms")


class Level(NamedTuple):
    """Where an issue stands: its project, and its level in the hierarchy, as far as that is known."""

    project: str
    level: int | None


def kept_forms(db: Database, project: str, *, since: datetime) -> dict[str, Mapping[str, Any]]:
    """What was asked at or after an instant, by type; empty where nothing was."""
    rows = db.query(_QUERIES["kept_forms"], {"project": project, "since": since})
    return {row["type_name"]: row["form"] for row in rows}


def keep_forms(db: Database, project: str, forms: Mapping[str, Mapping[str, Any]], *, at: datetime) -> None:
    """Keep what a project asks for."""
    with db.transaction(origin="sync") as conn:
        conn.execute(_QUERIES["drop_forms"], {"project": project})
        for name, form in forms.items():
            conn.execute(_QUERIES["put_form"], {"project": project, "name": name, "form": dump_json(form), "at": at})


def levels_of(db: Database, key: str) -> Level | None:
    """Where the issue with this key stands; None when it is not here."""
    rows = db.query(_QUERIES["level"], {"key": key})
    return Level(rows[0]["project_key"], rows[0]["hierarchy_level"]) if rows else None
