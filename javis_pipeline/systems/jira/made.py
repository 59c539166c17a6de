"""Issues that our account made, and the marks that they bear: pure, so that a worker process can read them."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from javis_pipeline.clients.reading import as_instant, as_text, as_uuid_or_none
from javis_pipeline.records.create import Met
from javis_pipeline.systems.jira.wire.people import account_id_of

MARK: Final = "javis.record"


class Maker(NamedTuple):
    """Our account in a project.

    Attributes:
        makes: Rows that are inserted become issues: those that it made are looked at for marks.
        synced: Keys of all projects that are synced.
    """

    account_id: str
    project: str
    makes: bool = True
    synced: frozenset[str] = frozenset()


def mark_in(document: Mapping[str, Any]) -> UUID | None:
    """The wish that an issue says it is; None when it says nothing of the kind."""
    told = (document.get("properties") or {}).get(MARK)
    return as_uuid_or_none(told.get("record")) if isinstance(told, dict) else None


def met(document: Mapping[str, Any], project: str) -> Met:
    """An issue as a walk meets it."""
    fields, key = document["fields"], as_text(document["key"], "key")
    place, _, number = key.rpartition("-")
    return Met(
        remote_id=as_text(document["id"], "id"),
        key=key,
        number=int(number) if place == project else None,
        created_at=as_instant(fields["created"], "created"),
        creator_id=_creator_of(fields),
        mark=mark_in(document),
        type_name=(fields.get("issuetype") or {}).get("name") or "",
        title=fields.get("summary") or "",
    )


def made_by(document: Mapping[str, Any], maker: Maker | None) -> Met | None:
    """The issue, if that account made it."""
    if maker is None or not maker.makes:
        return None
    is_its = _creator_of(document.get("fields") or {}) == maker.account_id
    return met(document, maker.project) if is_its else None


def _creator_of(fields: Mapping[str, Any]) -> str | None:
    creator = fields.get("creator")
    return account_id_of(creator, "creator") if isinstance(creator, dict) else None
