"""What webhooks tell, to hints that wait for the next pull of their scope.

A hint says which record may have changed. It carries no value, proves no deletion and moves no watermark: with any of
them lost, late, doubled, reordered, forged or invented the result is the one without hints.
"""

import logging
from collections.abc import Collection
from typing import Final

from javis_pipeline.db.connection import Database
from javis_pipeline.db.hints import keep_hints, scopes_of_records
from javis_pipeline.records.hints import Told
from javis_pipeline.records.values import ScopeRef, System

_LOG = logging.getLogger(__name__)

# So many are asked for besides by one pull; the others wait for the next.
MOST_AT_ONCE: Final = 1000


def store_hints(db: Database, system: System, told: Collection[Told], scopes: Collection[ScopeRef]) -> int:
    """Keep what was told of synced projects and spaces; how many records that is.

    Args:
        db: The product's database.
        system: Who told it.
        told: The records that it named.
        scopes: What is synced: nothing of others is stored.
    """
    synced = {scope.scope for scope in scopes if scope.system == system}
    with db.transaction() as conn:
        unplaced = [one.remote_id for one in told if one.scope is None]
        place = scopes_of_records(conn, system, unplaced) if unplaced else {}
        placed = [one._replace(scope=one.scope or place.get(one.remote_id)) for one in told]
        stored = keep_hints(conn, system, [one for one in placed if one.scope in synced])
    _LOG.debug("hinted system=%s records=%d", system, stored)
    return stored
