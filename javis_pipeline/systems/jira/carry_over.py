"""A release that writes the view of descriptions anew is no edit: what is kept in the old form is carried over."""

import logging
from collections.abc import Mapping
from typing import Any

from javis_pipeline.db import text_views
from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.text_views import ShownConflict, ShownDescription
from javis_pipeline.records.sync import WHOLE_RECORD
from javis_pipeline.sync.richtext.description import carry_over
from javis_pipeline.sync.richtext.markdown_writer import VIEW_VERSION, adf_to_markdown

log = logging.getLogger(__name__)

_FIELD = "description"


def carry_over_descriptions(db: Database, scope: str) -> int:
    """Bring the descriptions of a project, edited ones too, to today's form of the view; how many were written anew.

    Columns, bases, operations and open conflicts go along; it is no change, so nothing is journalled or audited. A run
    that dies has carried over whole batches, and the next one goes on.
    """
    with db.transaction() as conn:
        if text_views.text_view(conn, scope) == VIEW_VERSION:
            return 0
    carried, after = 0, ""
    while True:
        with db.transaction(origin="sync") as conn:
            rows = text_views.shown_descriptions(conn, scope, after)
            if not rows:
                text_views.note_text_view(conn, scope, VIEW_VERSION)
                break
            carried += sum(_carry_over(conn, row) for row in rows)
            after = rows[-1].jira_id
    if carried:
        log.info("carried over system=jira partition=%s descriptions=%d", scope, carried)
    return carried


def _carry_over(conn: Connection, row: ShownDescription) -> bool:
    """Whether the row, or a conflict about it, was kept in another form."""
    bases = dict(row.local_modified_fields)
    began = bases.get(_FIELD, row.description)
    doc = None if row.description_adf is None else dict(row.description_adf)
    view = adf_to_markdown(doc)
    text = carry_over(doc, began, row.description) if _FIELD in bases else view
    texts = {began: view, row.description: text}
    if _FIELD in bases:
        bases[_FIELD] = view
        if view == text:
            del bases[_FIELD]
    changed = (text, bases) != (row.description, row.local_modified_fields)
    if changed:
        text_views.carry_over_description(conn, row, text, bases)
    for conflict in text_views.conflicts_to_carry_over(conn, row.jira_id):
        again = _conflict(conflict, texts)
        if again != conflict:
            text_views.carry_over_conflict(conn, again)
    return changed


def _conflict(conflict: ShownConflict, texts: Mapping[str | None, str | None]) -> ShownConflict:
    """The conflict with what it shows in its new form: our texts as the row has them now, theirs from the raw form."""
    if conflict.field_name == WHOLE_RECORD:
        values = conflict.details.get("values")
        if not isinstance(values, dict) or _FIELD not in values:
            return conflict
        values = {**values, _FIELD: _carried(values[_FIELD], texts)}
        return conflict._replace(details={**conflict.details, "values": values})
    raw = conflict.remote_raw
    theirs = adf_to_markdown(raw) if isinstance(raw, dict) and raw.get("type") == "doc" else conflict.remote_value
    return conflict._replace(
        base_value=_carried(conflict.base_value, texts),
        local_value=_carried(conflict.local_value, texts),
        remote_value=theirs,
    )


def _carried(value: Any, texts: Mapping[str | None, str | None]) -> Any:
    return texts.get(value, value) if isinstance(value, str) else value
