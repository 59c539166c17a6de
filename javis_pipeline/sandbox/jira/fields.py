"""The fields of the site, as `GET /rest/api/3/field` lists them. Ids of custom fields differ from site to site."""

import random
from dataclasses import dataclass
from typing import Any

from javis_pipeline.sandbox.ground import Edition
from javis_pipeline.sandbox.jira.custom import BUILT_IN, DEFINITIONS, Definition, Option, options_of

GREENHOPPER = "com.pyxis.greenhopper.jira:"
DEVELOPMENT = "com.atlassian.jira.plugins.jira-development-integration-plugin:devsummary"


@dataclass(frozen=True)
class FieldSpec:
    """One field.

    Args:
        id: `summary`, or `customfield_10020`.
        name: What people see; not unique.
        schema: Type, system name or custom type; None for the few fields without.
        clauses: Names under which JQL knows it, besides id and name.
        scope: Key of the only project that has it; None for all.
    """

    id: str
    name: str
    schema: dict[str, Any] | None
    clauses: tuple[str, ...] = ()
    orderable: bool = True
    navigable: bool = True
    searchable: bool = True
    scope: str | None = None

    @property
    def custom(self) -> bool:
        """Whether an administrator made it."""
        return self.id.startswith("customfield_")

    @property
    def number(self) -> int:
        """Number of a custom field."""
        return int(self.id.removeprefix("customfield_"))


def _system(
    id_: str,
    name: str,
    type_: str,
    items: str | None = None,
    *,
    orderable: bool = True,
    navigable: bool = True,
    searchable: bool = True,
) -> FieldSpec:
    schema: dict[str, Any] = {"type": type_, "system": id_}
    if items:
        schema["items"] = items
    return FieldSpec(id_, name, schema, (id_,), orderable, navigable, searchable)


SYSTEM_FIELDS = (
    FieldSpec("issuekey", "Key", None, ("id", "issue", "issuekey", "key"), orderable=False),
    _system("summary", "Summary", "string"),
    _system("issuetype", "Work type", "issuetype"),
    _system("project", "Project", "project", orderable=False),
    _system("status", "Status", "status", orderable=False),
    _system("statusCategory", "Status Category", "statusCategory", orderable=False),
    _system("statuscategorychangedate", "Status Category Changed", "datetime", orderable=False),
    _system("resolution", "Resolution", "resolution"),
    _system("resolutiondate", "Resolved", "datetime", orderable=False),
    _system("archiveddate", "Archived", "datetime", orderable=False),
    _system("priority", "Priority", "priority"),
    _system("labels", "Labels", "array", "string"),
    _system("assignee", "Assignee", "user"),
    _system("reporter", "Reporter", "user"),
    _system("creator", "Creator", "user", orderable=False),
    _system("created", "Created", "datetime", orderable=False),
    _system("updated", "Updated", "datetime", orderable=False),
    _system("duedate", "Due date", "date"),
    _system("description", "Description", "string"),
    _system("environment", "Environment", "string"),
    FieldSpec("parent", "Parent", None, ("parent",), orderable=False),
    _system("components", "Components", "array", "component"),
    _system("fixVersions", "Fix versions", "array", "version"),
    _system("versions", "Affects versions", "array", "version"),
    _system("issuelinks", "Linked Issues", "array", "issuelinks"),
    _system("subtasks", "Sub-tasks", "array", "issuelinks", orderable=False, searchable=False),
    _system("comment", "Comment", "comments-page", navigable=False),
    _system("worklog", "Log Work", "array", "worklog", navigable=False),
    _system("attachment", "Attachment", "array", "attachment", navigable=False),
    _system("timeoriginalestimate", "Original estimate", "number", orderable=False),
    _system("timeestimate", "Remaining Estimate", "number", orderable=False),
    _system("timespent", "Time Spent", "number", orderable=False),
    _system("timetracking", "Time tracking", "timetracking", navigable=False),
    _system("votes", "Votes", "votes", orderable=False),
    _system("watches", "Watchers", "watches", orderable=False),
    _system("security", "Security Level", "securitylevel"),
)


class FieldCatalogue:
    """All fields of one site. Ids and order of the custom ones come from chance, as nothing may rely on them.

    On Data Center story points are a number field like any other.

    Attributes:
        listed: What the list of fields shows.
        definitions: Fields without a meaning of their own, by id.
        options: What can be chosen in them, children too, by field id and the id of the option.
        by_role: The same fields, by what the sandbox calls them.
    """

    def __init__(self, chance: random.Random, *, edition: Edition = "cloud") -> None:
        points = GREENHOPPER + "jsw-story-points" if edition == "cloud" else BUILT_IN + "float"
        specs = [
            ("sprint", "Sprint", "array", GREENHOPPER + "gh-sprint", "json", None),
            ("story_points", "Story Points", "number", points, None, None),
            ("epic_link", "Epic Link", "any", GREENHOPPER + "gh-epic-link", None, None),
            ("epic_name", "Epic Name", "string", GREENHOPPER + "gh-epic-label", None, None),
            ("rank", "Rank", "any", GREENHOPPER + "gh-lexo-rank", None, None),
            ("flagged", "Flagged", "array", BUILT_IN + "multicheckboxes", "option", None),
            ("team", "Team", "team", BUILT_IN + "atlassian-team", None, None),
            ("start_date", "Start date", "date", BUILT_IN + "datepicker", None, None),
            # Namesakes, as every grown site has them: who looks for a field by its name finds the wrong one.
            ("old_story_points", "Story Points", "number", BUILT_IN + "float", None, "OLDTEAM"),
            ("old_sprint", "Sprint", "string", BUILT_IN + "textfield", None, None),
        ]
        chance.shuffle(specs)
        number = 10010 + chance.randrange(40)
        custom: dict[str, FieldSpec] = {}
        for role, name, type_, key, items, scope in specs:
            number += chance.randrange(1, 9)
            schema: dict[str, Any] = {"type": type_, "custom": key, "customId": number}
            if items:
                schema["items"] = items
            clauses = (f"cf[{number}]",)
            custom[role] = FieldSpec(f"customfield_{number}", name, schema, clauses, scope=scope)
        if edition == "data-center":
            schema = {"type": "any", "custom": DEVELOPMENT, "customId": number + 1}
            custom["development"] = FieldSpec(f"customfield_{number + 1}", "Development", schema, searchable=False)
        self.sprint = custom["sprint"]
        self.story_points = custom["story_points"]
        self.epic_link = custom["epic_link"]
        self.epic_name = custom["epic_name"]
        self.rank = custom["rank"]
        self.flagged = custom["flagged"]
        self.team = custom["team"]
        self.start_date = custom["start_date"]
        self.old_sprint = custom["old_sprint"]
        self.development = custom.get("development")
        self.definitions: dict[str, Definition] = {}
        self.options: dict[str, dict[str, Option]] = {}
        self.by_role: dict[str, FieldSpec] = {}
        for definition in DEFINITIONS:
            number += 3
            self._define(definition, number)
        there = (*SYSTEM_FIELDS, *custom.values(), *self.by_role.values())
        self.all = there if edition == "cloud" else tuple(spec for spec in there if spec.id not in _ON_CLOUD)
        self.listed = tuple(spec for spec in self.all if edition == "cloud" or _is_listed(spec))
        self.by_id = {spec.id: spec for spec in self.all}

    def _define(self, definition: Definition, number: int) -> None:
        id_ = f"customfield_{number}"
        schema: dict[str, Any] = {"type": definition.type, "custom": definition.key, "customId": number}
        if definition.items:
            schema["items"] = definition.items
        self.by_role[definition.role] = FieldSpec(id_, definition.name, schema, (f"cf[{number}]",))
        self.definitions[id_] = definition
        options = options_of(definition, number)
        self.options[id_] = {one.id: one for option in options for one in (option, *option.children)}

    def wanted(self, asked: list[str]) -> list[str]:
        """The ids of the fields that a `fields` parameter means.

        Understands `*all`, `*navigable`, and `-name` for all but one; knows custom fields by id only, as Jira does.
        Unknown names are passed over without an error.
        """
        chosen: dict[str, None] = {}
        if asked and all(name.startswith("-") for name in asked):
            chosen = dict.fromkeys(self._group("*all"))
        for name in asked:
            if name.startswith("-"):
                chosen.pop(name[1:], None)
            elif name in ("*all", "*navigable"):
                chosen |= dict.fromkeys(self._group(name))
            elif name in self.by_id:
                chosen[name] = None
        return [id_ for id_ in chosen if id_ != "issuekey"]

    def _group(self, group: str) -> list[str]:
        return [spec.id for spec in self.all if group == "*all" or spec.navigable]


_ON_CLOUD = frozenset({"statusCategory", "statuscategorychangedate"})


def _is_listed(spec: FieldSpec) -> bool:
    """Whether Data Center lists the field."""
    return spec.id != "parent" and spec.scope is None
