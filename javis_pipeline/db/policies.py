"""What is switched on or off: rows of `sync_policies`. Functions never commit."""

from collections.abc import Sequence

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.policy import Policy, Verb
from javis_pipeline.records.values import System

_QUERIES = named_queries("policies")


def store_policies(conn: Connection, policies: Sequence[Policy]) -> None:
    """Make the rows that come from settings these; rows that people wrote stay as they are."""
    columns = {
        "systems": [policy.system for policy in policies],
        "scopes": [policy.scope for policy in policies],
        "verbs": [policy.verb for policy in policies],
    }
    more = {
        "policies": [policy.policy for policy in policies],
        "settings": [policy.setting for policy in policies],
    }
    conn.execute(_QUERIES["drop_policies"], columns)
    conn.execute(_QUERIES["put_policies"], columns | more)


def is_on(conn: Connection, system: System, scope: str, verb: Verb) -> bool:
    """Whether something is switched on in a project or space."""
    params = {"system": system, "scope": scope, "verb": verb}
    row = conn.execute(_QUERIES["is_on"], params).fetchone()
    return row is not None and bool(row["is_on"])


def why_held(conn: Connection, system: System, scope: str) -> str | None:
    """Why nothing may be sent from this scope now, by what and since when; None when it may."""
    row = conn.execute(_QUERIES["held"], {"system": system, "scope": scope}).fetchone()
    if row is None:
        return None
    by = row["setting"] or f"a row of sync_policies for {row['system']} {row['scope']}"
    return f"sending is switched off by {by}, since {row['set_at']:%Y-%m-%d %H:%M} UTC"
