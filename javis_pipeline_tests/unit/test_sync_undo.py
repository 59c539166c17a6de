"""What an undo leaves: whole records that the run made or put away there, and what a person is told of each."""

from datetime import UTC, datetime

import pytest

from javis_pipeline.records.sync import WHOLE_RECORD, AuditEntry, Side
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.sync.fields import Kind
from javis_pipeline.sync.undo import left_by
from javis_pipeline.systems.confluence.kind import CONFLUENCE_PAGE
from javis_pipeline.systems.jira.kind import JIRA_COMMENT, JIRA_ISSUE


def _entry(kind: Kind, key: str, reason: str, side: Side = "remote", field: str = WHOLE_RECORD) -> AuditEntry:
    ref = ResourceRef(resource_type=kind.resource_type, resource_id="7", scope="OQC", key=key)
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return AuditEntry(
        run_id="run", side=side, ref=ref, field=field, old="a", new=None, reason=reason, actor="javis", at=at
    )


@pytest.mark.parametrize(
    ("kind", "key", "reason", "says"),
    [
        (JIRA_ISSUE, "OQC-7", "made", "It stays. To put it away: javis archive OQC-7"),
        (CONFLUENCE_PAGE, "7", "made", "It stays. To put it away: javis archive 7"),
        (JIRA_ISSUE, "OQC-7", "archived", "Restore it in Jira, and it comes back here"),
        (JIRA_ISSUE, "OQC-7", "removed", "That cannot be undone; what it held last is in the row of OQC-7 in"),
        (JIRA_COMMENT, "OQC-7#8", "made", "It stays. To take it away, delete the row of OQC-7#8 in the table comments"),
        (JIRA_COMMENT, "OQC-7#8", "removed", "That cannot be undone; what it held last is in the row of OQC-7#8"),
        (CONFLUENCE_PAGE, "7", "removed", "Restore it in Confluence, and it comes back here"),
    ],
)
def test_given_a_whole_record_then_what_a_person_can_do_about_it_is_said(
    kind: Kind, key: str, reason: str, says: str
) -> None:
    (left,) = left_by([_entry(kind, key, reason), _entry(kind, key, "edited", field="title")], kind)

    assert (left.ref.key, left.became) == (key, reason)
    assert left.way_back.startswith(says)


def test_given_what_happened_here_only_then_nothing_is_said() -> None:
    assert left_by([_entry(JIRA_ISSUE, "OQC-7", "removed", side="local")], JIRA_ISSUE) == []
