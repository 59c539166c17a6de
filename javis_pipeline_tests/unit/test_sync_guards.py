"""A doubtful batch stops before anything is written, and says which explicit number or name would let it pass."""

import pytest

from javis_pipeline.errors import SyncHalted
from javis_pipeline.records.sync import Overrides
from javis_pipeline.sync.guards import guard_census, guard_deletions, guard_identity, guard_writes

NO = Overrides()


@pytest.mark.parametrize(
    ("writes", "records", "stops"),
    [(200, 5_000, False), (201, 5_000, True), (20, 20, False), (21, 104, True), (21, 105, False), (2, 2, False)],
)
def test_writes_in_bulk_are_asked_about_first(writes, records, stops):
    if not stops:
        guard_writes("jira OPS", writes=writes, records=records, overrides=NO)
        return
    with pytest.raises(SyncHalted, match=f"--expect-writes {writes}$"):
        guard_writes("jira OPS", writes=writes, records=records, overrides=Overrides(writes=writes - 1))
    guard_writes("jira OPS", writes=writes, records=records, overrides=Overrides(writes=writes))


@pytest.mark.parametrize(
    ("found", "last", "stops"),
    [
        (0, None, False),
        (80, 100, False),
        (79, 100, True),
        (0, 20, False),
        (0, 21, True),
        (120, 100, False),
        (800, 1000, False),
        (799, 1000, True),
    ],
)
def test_a_census_below_80_percent_of_the_last_is_not_believed(found, last, stops):
    if not stops:
        guard_census("jira OPS", found=found, last=last, overrides=NO)
        return
    with pytest.raises(SyncHalted, match=rf"--full --expect-missing {last - found}\b"):
        guard_census("jira OPS", found=found, last=last, overrides=NO)
    guard_census("jira OPS", found=found, last=last, overrides=Overrides(missing=last - found))


def test_more_than_five_deletions_are_asked_about_first():
    guard_deletions("jira OPS", gone=5, overrides=NO)
    with pytest.raises(SyncHalted, match=r"--full --expect-deletions 6\b"):
        guard_deletions("jira OPS", gone=6, overrides=Overrides(deletions=5))
    guard_deletions("jira OPS", gone=6, overrides=Overrides(deletions=6))


def test_another_account_than_last_time_is_asked_about_first():
    guard_identity("jira OPS", account_id="us", last_account_id=None, overrides=NO)
    guard_identity("jira OPS", account_id="us", last_account_id="us", overrides=NO)
    with pytest.raises(SyncHalted, match=r"--expect-account us$"):
        guard_identity("jira OPS", account_id="us", last_account_id="them", overrides=NO)
    guard_identity("jira OPS", account_id="us", last_account_id="them", overrides=Overrides(account_id="us"))
