"""What is synced of Jira: issues, and what people write on them."""

from typing import Any, Final

from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.tables import Governed, Hanging, Place, written_on
from javis_pipeline.sync.codecs import Day, Instant, Labels, Line, Number, Plain, Seconds
from javis_pipeline.sync.element_codecs import Choices
from javis_pipeline.sync.elements import element_fields, with_elements
from javis_pipeline.sync.fields import Field, Kind, make_kind, with_fields
from javis_pipeline.sync.known_codecs import Account, Key, Named, SprintNumber, Team
from javis_pipeline.sync.text_codecs import MarkdownText, WikiText

WIKI: Final = "wiki"
"""Form of a description on a site of a company's own."""

JIRA_ISSUE = make_kind(
    "jira_issue",
    Field("title", Line(), "edit"),
    Field("description", MarkdownText(), "edit", raw_column="description_adf"),
    Field("labels", Labels(), "edit", type="text[]"),
    Field("priority", Named("priority"), "edit", raw_column="priority_id"),
    Field("assignee_id", Account(), "edit"),
    Field("due_date", Day(), "edit", type="date"),
    Field("story_points", Number(), "edit", type="numeric"),
    Field("parent_key", Key(), "edit"),
    Field("status", Named("status"), "transition", raw_column="status_id"),
    Field("components", Choices("components"), "edit", type="text[]", by_choice=True),
    Field("fix_versions", Choices("fix_versions"), "edit", type="text[]", by_choice=True),
    Field("affected_versions", Choices("affected_versions"), "edit", type="text[]", by_choice=True),
    Field("resolution", Named("resolution"), "transition", raw_column="resolution_id", by_choice=True),
    Field("team", Team(), "edit", raw_column="team_id", by_choice=True),
    Field("sprint_id", SprintNumber(), "edit", type="bigint", by_choice=True),
    Field("reporter_id", Account(), "edit", by_choice=True),
    Field("estimate_seconds", Seconds(), "edit", type="bigint", by_choice=True),
    Field("remaining_seconds", Seconds(), "edit", type="bigint", by_choice=True),
    # What only the remote changes.
    Field("issue_type", Plain()),
    Field("sprint", Plain()),
    Field("flagged", Plain(), type="boolean"),
    system="jira",
    place=Place(
        name="jira_issues",
        id="jira_id",
        key="key",
        scope="project_key",
        revision="remote_updated_at",
        instants=frozenset({"created_at", "resolved_at", "remote_updated_at"}),
        restricted_by="security_level",
        restricted_with_it=("comments", "worklogs", "attachments"),
        elements="custom_fields",
        raw_elements="custom_raw",
        made_with=("issue_type", "title"),
        follows={"sprint": "sprint_id", "epic_key": "parent_key"},
        by_key=("parent_key",),
        numbered=True,
        making=Governed(verb="create", setting="JAVIS_CREATE"),
        putting_away=Governed(verb="delete", setting="JAVIS_DELETE"),
        copied_into="issues_in",
    ),
    revision=frozenset({"remote_updated_at"}),
    repeats={"epic_key": "parent_key"},
)

DATA_CENTER_ISSUE = with_fields(JIRA_ISSUE, Field("description", WikiText(), "edit"))
"""An issue of a Jira that a company runs itself: its texts are wiki markup, on both sides, and `description_adf` is
empty."""

BY_CHOICE: Final = tuple(name for name, spec in JIRA_ISSUE.fields.items() if spec.by_choice)
"""The fields of issues that are edited here where a policy says so."""

_LINKS: Final = Governed(verb="links", setting="JAVIS_LINKS")
_WRITTEN: Final = ("author_id", "created_at", "updated_at")


def _hanging(verb: str, setting: str, called: str, **place: Any) -> Place:
    """What people write on issues: only its author changes it, where the setting allows that."""
    ours = Governed(verb=verb, setting=setting, author="author_id")
    on = Hanging(table="jira_issues", id="jira_id", key="key", by="issue_key", called=called)
    return written_on(on, ours, scope="project_key", facts=_WRITTEN, **place)


JIRA_COMMENT = make_kind(
    "jira_comment",
    Field("body", MarkdownText(), "edit", raw_column="body_adf"),
    # Given when a comment is written, and never changed from here.
    Field("restriction", Plain(), guards=True),
    system="jira",
    place=_hanging(
        "comments",
        "JAVIS_COMMENTS",
        "",
        name="comments",
        id="comment_id",
        made_with=("body",),
        may_have=("restriction",),
    ),
    revision=frozenset({"updated_at"}),
)

JIRA_WORKLOG = make_kind(
    "jira_worklog",
    Field("seconds", Number(), "edit", type="bigint"),
    Field("comment", MarkdownText(), "edit", raw_column="comment_adf"),
    # Given when work is logged, and never changed from here.
    Field("started_at", Instant(), type="timestamp with time zone"),
    Field("restriction", Plain(), guards=True),
    system="jira",
    place=_hanging(
        "worklogs",
        "JAVIS_WORKLOGS",
        "worklog-",
        name="worklogs",
        id="worklog_id",
        at_least={"seconds": 60},
        made_with=("started_at", "seconds"),
        may_have=("started_at", "restriction"),
    ),
    revision=frozenset({"updated_at"}),
)

JIRA_LINK = make_kind(
    "jira_link",
    Field("other_id", Plain()),
    system="jira",
    place=Place(
        name="issue_links",
        id="link_id",
        key="key",
        scope="project_key",
        revision=None,
        instants=frozenset(),
        facts=("type", "direction", "label", "back_label", "other_key"),
        made_with=("label", "other_key"),
        derived=("type", "direction", "back_label", "other_id"),
        by_key=("other_key",),
        leads_on=True,
        hangs_on=Hanging(table="jira_issues", id="jira_id", key="key", by="issue_key", called="link-"),
        making=_LINKS,
        editing=_LINKS,
        removes=True,
        title="issue_key",
        status=None,
    ),
    revision=frozenset(),
)

DATA_CENTER_COMMENT = with_fields(JIRA_COMMENT, Field("body", WikiText(), "edit"))
DATA_CENTER_WORKLOG = with_fields(JIRA_WORKLOG, Field("comment", WikiText(), "edit"))
"""The same of a Jira that a company runs itself."""


WRITTEN_HERE: Final = {kind.table.name: kind for kind in (JIRA_COMMENT, JIRA_WORKLOG, JIRA_LINK)}
"""What hangs on issues and is written here too, by its table."""


def issue_here(catalog: Catalog) -> Kind:
    """The kind of a project's issues, by what the last sync noted of the site: the form of its texts, and the fields of
    its own."""
    in_markup = catalog.field_ids.get("description") == WIKI
    kind = DATA_CENTER_ISSUE if in_markup else JIRA_ISSUE
    own = element_fields(catalog.elements, kind.table, catalog.written, in_markup=in_markup)
    return with_elements(kind, own)
