"""What webhooks tell, to hints that wait for the next pull of their scope.

A hint says which record may have changed. It carries no value, proves no deletion and moves no watermark: with any of
them lost, late, doubled, reordered, forged or invented the result is the one without hints.
"""

import logging
from collections.abc import Collection, Iterable
from typing import Final

from javis_pipeline.db.connection import Database
from javis_pipeline.db.hints import scope_of_record, store_hint
from javis_pipeline.records.hints import Told
from javis_pipeline.records.values import ScopeRef, System

_LOG = logging.getLogger(__name__)

# So many are asked for besides by one pull; the others wait for the next.
MOST_AT_ONCE: Final = 1000


def store_hints(
    db: Database, system: System, told: Iterable[Told], scopes: Collection[ScopeRef], *, delivery_id: str | None
) -> int:
    """Keep what was told of synced projects and spaces; how many records that is.

    Args:
        db: The product's database.
        system: Who told it.
        told: The records that it named.
        scopes: What is synced: nothing of others is stored.
        delivery_id: What the sender calls the delivery; None where it has no name.
    """
    stored = 0
    with db.transaction() as conn:
        for one in told:
            scope = one.scope or scope_of_record(conn, system, one.remote_id)
            place = ScopeRef(system, scope) if scope else None
            if place is not None and place in scopes:
                stored += store_hint(conn, place, one.remote_id, delivery_id=delivery_id)
    _LOG.debug("hinted system=%s records=%d", system, stored)
    return stored
