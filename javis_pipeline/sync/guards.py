"""Guards: a doubtful batch stops before anything is written. An override is an explicit number or name, for one run."""

from javis_pipeline.errors import SyncHalted
from javis_pipeline.records.sync import Overrides

MOST_WRITES = 200
# In a small project one edited issue is a large share; only a batch of some size is suspicious.
FEWEST_SUSPICIOUS_WRITES = 20
MOST_DELETIONS = 5
FEWEST_SUSPICIOUS_MISSING = 20


def guard_identity(what: str, *, account_id: str, last_account_id: str | None, overrides: Overrides) -> None:
    """Another account than last time may see and do other things: what it does not see is not gone."""
    if last_account_id in (None, account_id) or overrides.account_id == account_id:
        return
    raise SyncHalted(
        f"{what}: the credentials belong to account {account_id}, the last run's belonged to {last_account_id}; "
        "nothing was changed.",
        allow=("expect_account", account_id),
    )


def guard_place(what: str, *, remote_id: str, last_remote_id: str | None, overrides: Overrides) -> None:
    """A key can be given to another project or space: its records are not those that are stored under the key."""
    if last_remote_id in (None, remote_id) or overrides.place_id == remote_id:
        return
    raise SyncHalted(
        f"{what}: the key leads to id {remote_id} now, before it led to {last_remote_id}; nothing was changed, "
        "as the two are not the same. If the former one was given another key, put that into the settings and sync it "
        "first: its records follow, with their edits.",
        allow=("expect_place", remote_id),
    )


def guard_census(what: str, *, found: int, last: int | None, overrides: Overrides) -> None:
    """A census that finds far fewer records than the last one tells about the remote's answer, not about them."""
    if last is None:
        return
    missing = last - found
    if missing <= FEWEST_SUSPICIOUS_MISSING or found * 5 >= last * 4 or missing <= (overrides.missing or 0):
        return
    raise SyncHalted(
        f"{what}: the census found {found} records, {missing} fewer than the last one; nothing was deleted here.",
        allow=("expect_missing", missing),
    )


def guard_deletions(what: str, *, gone: int, overrides: Overrides) -> None:
    """Tombstones in bulk are asked about first."""
    if gone > max(MOST_DELETIONS, overrides.deletions or 0):
        raise SyncHalted(
            f"{what}: {gone} records are gone since the last census; nothing was deleted here.",
            allow=("expect_deletions", gone),
        )


def guard_put_away(what: str, *, records: int, overrides: Overrides) -> None:
    """Records are put away there in bulk only after somebody was asked, whatever deleted their rows."""
    if records > max(MOST_DELETIONS, overrides.deletions or 0):
        raise SyncHalted(
            f"{what}: {records} records are to be put away there, because their rows were deleted here; nothing was "
            "sent. javis sync --dry-run shows them.",
            allow=("expect_deletions", records),
        )


def are_suspicious(*, writes: int, records: int, overrides: Overrides) -> bool:
    """Whether so many writes to so many records are asked about first."""
    share_is_large = writes > FEWEST_SUSPICIOUS_WRITES and writes * 5 > records
    return (writes > MOST_WRITES or share_is_large) and writes > (overrides.writes or 0)


def guard_writes(what: str, *, writes: int, records: int, overrides: Overrides) -> None:
    """Writes to the remote in bulk are asked about first."""
    if are_suspicious(writes=writes, records=records, overrides=overrides):
        raise SyncHalted(
            f"{what}: {writes} writes to {records} records are planned, more than {MOST_WRITES} or a fifth of them; "
            "nothing was sent. javis sync --dry-run shows them.",
            allow=("expect_writes", writes),
        )
