"""Files that hang on issues: what is known of them here."""

from typing import Any

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries

_QUERIES = named_queries("attachments")


def attachments_of(conn: Connection, key: str) -> list[dict[str, Any]]:
    """`attachment_id`, `key`, `name`, `mime_type`, `size`, `author`, `created_at` of an issue's files, oldest first."""
    return conn.execute(_QUERIES["attachments_of"], {"key": key, "attachment_id": None}).fetchall()


def attachment_by_id(conn: Connection, attachment_id: str) -> dict[str, Any] | None:
    """The same of one file; None when it is not known here."""
    return conn.execute(_QUERIES["attachments_of"], {"key": None, "attachment_id": attachment_id}).fetchone()
