"""The full reconciliation that comes by itself, spread over a day.

Names of types, components and statuses change without their issues changing, a label is no new version of its page, and
some edits bypass the trigger. So each run also looks at a share of what nothing speaks of.
"""

import math
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from javis_pipeline.db.sync_store import PostgresStore
from javis_pipeline.db.watermarks import Watermark

# Less than a day, because shares wait until they are worth a request.
ROUND: Final = timedelta(hours=22)
# One full bulk request; less is left until more is due, or the day is over.
SMALLEST_SHARE: Final = 100
# Labels compared in a run at least; and such a part of them, so that a round takes some hours where there are many.
FEWEST_LABELS: Final = 4
LABEL_PARTS: Final = 24


class Share(NamedTuple):
    """Records to compare in this run.

    Attributes:
        ids: Their ids; empty when none are due.
        up_to: Where the next share begins; None at the end of a round.
        counts: Whether the time since the last share is used up.
    """

    ids: Sequence[str] = ()
    up_to: str | None = None
    counts: bool = False


def next_share(store: PostgresStore, before: Watermark, now: datetime) -> Share:
    """The share that is due: as much of all records as of a round has passed since the last one."""
    if before.reconciled_at is None:
        return Share(counts=True)  # begins now
    passed = min(max((now - before.reconciled_at) / ROUND, 0.0), 1.0)
    records = store.count_records()
    due = math.floor(records * passed)
    if due < min(records, SMALLEST_SHARE) or due == 0:
        return Share(up_to=before.reconciled_to)
    ids = store.records_after(before.reconciled_to, due)
    return Share(ids, ids[-1] if len(ids) == due else None, counts=True)


def labels_in_turn(listed: Collection[str], here: Collection[str], after: str | None) -> list[str]:
    """The labels to compare in this run: those that are new here, then the next ones of the round."""
    most = max(FEWEST_LABELS, math.ceil(len(listed) / LABEL_PARTS))
    new = sorted(set(listed) - set(here))
    known = sorted(set(listed) & set(here))
    turn = [name for name in known if name > (after or "")] + [name for name in known if name <= (after or "")]
    return [*new, *turn][:most]
