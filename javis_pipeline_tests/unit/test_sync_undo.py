"""Which records a run made that an undo would leave there; a person is told of them."""

from datetime import UTC, datetime

import pytest

from javis_pipeline.records.sync import MADE, WHOLE_RECORD, AuditEntry
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.sync.fields import Kind
from javis_pipeline.sync.undo import made_in
from javis_pipeline.systems.confluence.kind import CONFLUENCE_COMMENT, CONFLUENCE_PAGE
from javis_pipeline.systems.jira.kind import JIRA_ISSUE

REF = ResourceRef(resource_type="any", resource_id="1", scope="OPS", key="OPS-1")


def an_entry(field: str, reason: str) -> AuditEntry:
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    return AuditEntry(
        run_id="run-1", side="remote", ref=REF, field=field, old=None, new=None, reason=reason, actor="sync", at=at
    )


@pytest.mark.parametrize(
    ("kind", "entry", "told"),
    [
        pytest.param(JIRA_ISSUE, an_entry(WHOLE_RECORD, MADE), [REF], id="an issue, which can be put away"),
        pytest.param(CONFLUENCE_PAGE, an_entry(WHOLE_RECORD, MADE), [REF], id="a page"),
        pytest.param(CONFLUENCE_COMMENT, an_entry(WHOLE_RECORD, MADE), [], id="a comment, which is just deleted"),
        pytest.param(JIRA_ISSUE, an_entry(WHOLE_RECORD, "removed"), [], id="what was not made"),
        pytest.param(JIRA_ISSUE, an_entry("title", MADE), [], id="a field"),
    ],
)
def test_what_a_run_made_is_told_where_it_can_be_put_away(kind: Kind, entry: AuditEntry, told: list[object]) -> None:
    assert made_in([entry], kind) == told
