"""Jira's JSON as records. Pure, and quick: a first load runs through here a hundred thousand times.

Shapes: Jira Cloud REST v3 (rich text is ADF), the agile API, and v2 documents (rich text is wiki markup, users have
names instead of account ids), which are read but never written. What cannot be read raises `UnreadableRecord` with
the id of the record and the path of the field; nothing is guessed.
"""

from javis_pipeline.systems.jira.wire.changelog import (
    ChangesTold,
    changelog_documents,
    changes_told,
    parse_changelog_entry,
    whole_changelog_in,
)
from javis_pipeline.systems.jira.wire.choices import Choices, editable_fields
from javis_pipeline.systems.jira.wire.custom import NO_CUSTOM, Custom
from javis_pipeline.systems.jira.wire.issues import (
    ISSUE_FIELDS,
    issue_documents,
    issue_fields,
    parse_issue,
    parse_stamp,
)
from javis_pipeline.systems.jira.wire.planning import NO_SPRINTS, parse_board, parse_estimation_field, parse_sprint
from javis_pipeline.systems.jira.wire.site import (
    moves_in,
    parse_called,
    parse_count,
    parse_identity,
    parse_link_type,
    parse_named_identity,
    parse_parts,
    parse_permissions,
    parse_priorities,
    parse_project,
    parse_server_time,
    parse_status,
    parse_transition,
)

__all__ = [
    "ISSUE_FIELDS",
    "NO_CUSTOM",
    "NO_SPRINTS",
    "ChangesTold",
    "Choices",
    "Custom",
    "changelog_documents",
    "changes_told",
    "editable_fields",
    "issue_documents",
    "issue_fields",
    "moves_in",
    "parse_board",
    "parse_called",
    "parse_changelog_entry",
    "parse_count",
    "parse_estimation_field",
    "parse_identity",
    "parse_issue",
    "parse_link_type",
    "parse_named_identity",
    "parse_parts",
    "parse_permissions",
    "parse_priorities",
    "parse_project",
    "parse_server_time",
    "parse_sprint",
    "parse_stamp",
    "parse_status",
    "parse_transition",
    "whole_changelog_in",
]
