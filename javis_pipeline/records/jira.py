"""What Jira holds, as values: issues with their satellites, changelog entries, projects, transitions.

Named tuples, because a first load makes a million of them and COPY takes them as they are. Instants are UTC-aware.
A field whose type names `Missing` is MISSING when the answer did not hold it, which is not the same as empty (None).
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from javis_pipeline.records import Missing

JsonObject = dict[str, Any]
Sort = Literal[
    "text",
    "rich_text",
    "number",
    "date",
    "datetime",
    "option",
    "options",
    "cascade",
    "user",
    "users",
    "group",
    "groups",
    "labels",
    "url",
    "version",
    "versions",
    "components",
    "team",
    "request_type",
    "other",
]
"""How the values of a custom field read; `other` stays the JSON that Jira gives."""


class User(NamedTuple):
    """A person or app as an issue mentions it. E-mail addresses are not kept."""

    account_id: str
    display_name: str
    active: bool


class Sprint(NamedTuple):
    """A sprint as an issue's sprint field or the agile API describes it.

    `state` is future, active or closed. The instants are None until they are planned or happened.
    """

    sprint_id: int
    name: str
    state: str
    board_id: int | None
    goal: str | None
    start_at: datetime | None
    end_at: datetime | None
    completed_at: datetime | None


class Link(NamedTuple):
    """A link, seen from one issue: "this issue <label> <other>", as in "blocks OPS-7".

    `type` is the name of the link type ("Blocks"), `back_label` the label from the other end; both ends of a link carry
    the same `link_id`.
    """

    link_id: str
    type: str
    direction: Literal["outward", "inward"]
    label: str
    back_label: str
    other_id: str | None
    other_key: str


class LinkType(NamedTuple):
    """A sort of link: "A <outward> B" and "B <inward> A"."""

    name: str
    outward: str
    inward: str


class Comment(NamedTuple):
    """A comment; `body` is the ADF document (text on a v2 answer) exactly as Jira gave it.

    `restriction` says who alone may read it: "role:NAME", "group:NAME" or "internal"; None for everybody.
    """

    comment_id: str
    author_id: str | None
    body: JsonObject | str | None
    created_at: datetime
    updated_at: datetime | None
    restriction: str | None = None


class Worklog(NamedTuple):
    """Time that somebody logged on an issue; `seconds` is what was spent, `comment` a text, `restriction` as of a
    comment."""

    worklog_id: str
    author_id: str | None
    started_at: datetime
    seconds: int
    comment: JsonObject | str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    restriction: str | None = None


class Attachment(NamedTuple):
    """A file that hangs on an issue; `size` is what Jira says it has, in bytes, and `name` what somebody called it."""

    attachment_id: str
    author_id: str | None
    name: str
    mime_type: str | None
    size: int
    created_at: datetime


class Issue(NamedTuple):
    """One issue. Field names are the columns of `jira_issues`; satellites follow after `remote_updated_at`.

    `title` to `parent_key` are the two-way fields in local form, with the raw remote forms (`status_id`, `priority_id`,
    `description_adf`) beside them. `description` is text only on a v2 answer; for an ADF document it is None
    and whoever stores the issue derives the Markdown view.

    `labels` and the other lists of names are sorted. `sprint` is the active one, else the next, else the last.
    `comment_total` and `worklog_total` may be larger than what came with the issue: Jira cuts the lists off.
    `missing` names the fields that are MISSING here, in field order.
    `custom_fields` has the custom fields with a value by field id, as people see them, `custom_raw` what of them that
    does not tell: ids of what was chosen, documents of texts. `custom_empty` names those that were said to be empty; of
    any other nothing is known.
    """

    jira_id: str
    key: str
    project_key: str
    title: str | Missing | None
    description: str | Missing | None
    description_adf: JsonObject | Missing | None
    labels: list[str] | Missing
    priority: str | Missing | None
    priority_id: str | Missing | None
    assignee_id: str | Missing | None
    due_date: date | Missing | None
    story_points: Decimal | Missing | None
    status: str | Missing
    status_id: str | Missing
    parent_key: str | Missing | None
    parent_id: str | None
    status_category: str | None
    issue_type: str | Missing
    issue_type_id: str | None
    is_subtask: bool
    hierarchy_level: int | None
    reporter_id: str | Missing | None
    creator_id: str | Missing | None
    epic_key: str | Missing | None
    sprint: str | Missing | None
    sprint_id: int | Missing | None
    team: str | Missing | None
    team_id: str | Missing | None
    flagged: bool | Missing
    resolution: str | Missing | None
    resolution_id: str | Missing | None
    security_level: str | Missing | None
    environment: JsonObject | str | Missing | None
    components: list[str] | Missing
    fix_versions: list[str] | Missing
    affected_versions: list[str] | Missing
    estimate_seconds: int | Missing | None
    remaining_seconds: int | Missing | None
    spent_seconds: int | Missing | None
    custom_fields: JsonObject
    custom_raw: JsonObject
    custom_empty: tuple[str, ...]
    created_at: datetime
    resolved_at: datetime | Missing | None
    remote_updated_at: datetime
    sprints: list[Sprint] | Missing
    links: list[Link] | Missing
    comments: list[Comment] | Missing
    comment_total: int
    worklogs: list[Worklog] | Missing
    worklog_total: int
    attachments: list[Attachment] | Missing
    missing: tuple[str, ...]


class FieldMap(NamedTuple):
    """Ids of the fields that differ per site ("customfield_10016"); None: the site has none, or nobody chose one."""

    story_points: str | None = None
    sprint: str | None = None
    epic_link: str | None = None
    team: str | None = None
    flagged: str | None = None


class CustomField(NamedTuple):
    """A custom field of the site.

    Attributes:
        name: What the site calls it; several fields may have one name.
        untranslated_name: The same before it was translated, where the site tells.
        type: What its administrator chose, in Jira's words ("...customfieldtypes:select").
        project_id: The only project that has it; None for a field of the site.
        sort: How its values read.
        differs: Whether they differ each time one looks, although nobody changed the issue.
    """

    field_id: str
    name: str
    untranslated_name: str | None
    type: str
    project_id: str | None
    sort: Sort
    differs: bool


class IssueStamp(NamedTuple):
    """What the id sweep gives of an issue: enough to know whether it has to be fetched.

    `remote_updated_at` is None when it was not in the hit or cannot be read: fetch the issue then.
    """

    jira_id: str
    key: str
    remote_updated_at: datetime | None

    @property
    def remote_id(self) -> str:
        return self.jira_id

    @property
    def changed_at(self) -> datetime | None:
        return self.remote_updated_at


class ChangeItem(NamedTuple):
    """One field's change in a changelog entry.

    `old` and `new` are the raw values (ids, for a set space-joined), `old_text` and `new_text` what people see.
    `field_id` is None where Jira leaves it out: match on `field` then, ignoring case.
    """

    field: str
    field_id: str | None
    old: str | None
    old_text: str | None
    new: str | None
    new_text: str | None


class ChangelogEntry(NamedTuple):
    """What one request changed in an issue; `history_metadata` is what its sender attached (our marks), if anything."""

    entry_id: str
    jira_id: str
    author: User | None
    created_at: datetime
    items: tuple[ChangeItem, ...]
    history_metadata: JsonObject | None


class StatusChange(NamedTuple):
    """An issue went from one status to another: a row of `status_changes`. Names are those of that time."""

    jira_id: str
    change_id: str
    author_id: str | None
    from_id: str | None
    from_status: str | None
    to_id: str | None
    to_status: str | None
    changed_at: datetime


class SprintChange(NamedTuple):
    """An issue entered or left a sprint: a row of `sprint_changes`."""

    jira_id: str
    change_id: str
    sprint_id: int
    added: bool
    changed_at: datetime


class Status(NamedTuple):
    """A status of the site; `category` is new, indeterminate or done."""

    status_id: str
    name: str
    category: str


class Priority(NamedTuple):
    """A priority of the site; `rank` 0 is the most urgent."""

    priority_id: str
    name: str
    rank: int


class Identity(NamedTuple):
    """Who the credentials belong to. JQL date literals are read in `time_zone` (an IANA name).

    `name` is what answers call the account: on Cloud its id, on Data Center the name that it signs in with.
    """

    account_id: str
    display_name: str
    time_zone: str
    name: str = ""


class Project(NamedTuple):
    """A project as the account sees it; in a service project customers read along."""

    project_id: str
    key: str
    name: str
    archived: bool
    is_service: bool = False


class Version(NamedTuple):
    """A version of a project; issues name it in their fix versions. `release_on` is None when nobody has set it."""

    version_id: str
    name: str
    released: bool
    archived: bool
    release_on: date | None


class Called(NamedTuple):
    """Something of the site that is known by its id: a name may change, and is in the language of who asks."""

    id: str
    name: str


class ProjectParts(NamedTuple):
    """What a project has for its issues to refer to; None where it was not told."""

    versions: list[Version] | None
    components: list[Called] | None
    types: list[Called] | None


class Board(NamedTuple):
    """A board of the agile API; only boards of `type` "scrum" have sprints."""

    board_id: int
    name: str
    type: str


class Transition(NamedTuple):
    """A way out of the issue's status; `required_fields` (those without a default) have to be sent along, and `fields`,
    which are all on its screen, may be."""

    transition_id: str
    name: str
    to_status_id: str
    to_status: str
    required_fields: tuple[str, ...]
    fields: tuple[str, ...] = ()
