"""Custom fields without a meaning of their own, one of each type: what they hold, how they are shown and edited.

What is kept of a value is what tells it: the id of an option, of a person, of a version; a text as it was sent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

BUILT_IN = "com.atlassian.jira.plugin.system.customfieldtypes:"

Json = dict[str, Any]


@dataclass(frozen=True)
class Option:
    """A choice of a field; one that is disabled stays where it was chosen, and cannot be chosen any more."""

    id: str
    value: str
    disabled: bool = False
    children: tuple["Option", ...] = ()


@dataclass(frozen=True)
class Definition:
    """A field as an administrator made it.

    Args:
        role: What the sandbox calls it, where two have one name.
        type: Type of its schema.
        items: Type of one of several, for a list.
        custom: What the administrator chose.
        options: What can be chosen.
    """

    role: str
    name: str
    type: str
    items: str | None
    custom: str
    options: tuple[str, ...] = ()
    children: Mapping[str, tuple[str, ...]] | None = None

    @property
    def key(self) -> str:
        """The type in full."""
        return self.custom if ":" in self.custom else BUILT_IN + self.custom


DEFINITIONS = (
    Definition("severity", "Severity", "option", None, "select", ("S1", "S2", "S3", "S4 (old)")),
    # Namesakes, as every grown site has them.
    Definition("old_severity", "Severity", "option", None, "radiobuttons", ("High", "Low")),
    Definition("browsers", "Browsers", "array", "option", "multiselect", ("Chrome", "Firefox", "Safari", "IE (old)")),
    Definition("checks", "Checks", "array", "option", "multicheckboxes", ("Reviewed", "Documented")),
    Definition(
        "area",
        "Area",
        "option-with-child",
        None,
        "cascadingselect",
        ("Hardware", "Software"),
        {"Hardware": ("Laser", "Camera"), "Software": ("Control", "Analysis")},
    ),
    Definition("reviewer", "Reviewer", "user", None, "userpicker"),
    Definition("testers", "Testers", "array", "user", "multiuserpicker"),
    Definition("support_group", "Support group", "group", None, "grouppicker"),
    Definition("due_at_customer", "Due at customer", "date", None, "datepicker"),
    Definition("approvers", "Approvers", "array", "group", "multigrouppicker"),
    Definition("topics", "Topics", "array", "string", "labels"),
    Definition("customer", "Customer", "string", None, "textfield"),
    Definition("specification", "Specification", "string", None, "url"),
    Definition("notes", "Release notes", "string", None, "textarea"),
    Definition("risk", "Risk score", "number", None, "float"),
    Definition("go_live", "Go-live", "datetime", None, "datetime"),
    Definition("found_in", "Found in", "version", None, "version"),
    Definition("fixed_for", "Fixed for", "array", "version", "multiversion"),
    Definition("asset", "Asset", "array", "cmdb-object-field", "com.atlassian.jira.plugins.cmdb:cmdb-object-cftype"),
    Definition(
        "development",
        "Development",
        "any",
        None,
        "com.atlassian.jira.plugins.jira-development-integration-plugin:devsummarycf",
    ),
    # What is left of a plan that was made before every issue had a team.
    Definition("helping_team", "Helping team", "team", None, "com.atlassian.jpo:jpo-custom-field-team"),
)

TEAMS: Mapping[str, str] = {
    "36885b3c-1bf0-4f85-a357-c5b858c31de4": "Platform",
    "6fb6f2ae-0c2c-4d5c-8b4e-2a5b1e7f9a10": "Optics",
    "a54a8c4f-5d8e-4a77-9b1d-0e6c3f2d1b88": "Field service",
}
"""Id to name; an organisation has them, and Jira lists them to nobody."""


def options_of(definition: Definition, number: int) -> tuple[Option, ...]:
    """The choices of a field, with ids that come from its own; what is called old is disabled."""
    found = []
    for index, value in enumerate(definition.options):
        id_ = number * 100 + index * 10
        children = (definition.children or {}).get(value, ())
        below = tuple(Option(str(id_ + 1 + at), child) for at, child in enumerate(children))
        found.append(Option(str(id_), value, "(old)" in value, below))
    return tuple(found)


class Shown:
    """How values are shown.

    Args:
        url: The address of a resource.
        user: A person.
        version: A version by its id.
        text: A text that was sent.
        team: A team by its id.
    """

    def __init__(
        self,
        url: Callable[[str], str],
        user: Callable[[str], Json | None],
        version: Callable[[str], Json],
        text: Callable[[Any], object],
        team: Callable[[str], object],
    ) -> None:
        self._url = url
        self._user = user
        self._version = version
        self._text = text
        self._team = team
        self._looks = count(1)

    def value(self, definition: Definition, options: Mapping[str, Option], held: Any) -> object:
        """A value as an issue shows it."""
        if definition.role == "development":
            # Says how things stand this very moment.
            return f"{{pullrequest={{dataType=pullrequest, state=OPEN, stateCount={next(self._looks)}}}}}"
        if held is None or held == []:
            return None
        match definition.type, definition.items:
            case ("option", _):
                return self._option(options[held])
            case ("array", "option"):
                return [self._option(options[one]) for one in held]
            case ("option-with-child", _):
                parent, _, child = held.partition("/")
                return self._option(options[parent]) | ({"child": self._option(options[child])} if child else {})
            case ("user", _):
                return self._user(held)
            case ("array", "user"):
                return [self._user(one) for one in held]
            case ("group", _):
                return self._group(held)
            case ("array", "group"):
                return [self._group(one) for one in held]
            case ("version", _):
                return self._version(held)
            case ("array", "version"):
                return [self._version(one) for one in held]
            case ("team", _):
                return self._team(held)
        if definition.custom == "textarea":
            return self._text(held)
        return held

    def _group(self, name: str) -> Json:
        return {"name": name, "groupId": f"group-{name}", "self": self._url(f"group?groupname={name}")}

    def _option(self, option: Option) -> Json:
        return {"self": self._url(f"customFieldOption/{option.id}"), "value": option.value, "id": option.id}


def held_datetime(text: str) -> str:
    """An instant as issues show it: with milliseconds, and an offset without a colon."""
    at = datetime.fromisoformat(text)
    shown = at.isoformat(timespec="milliseconds")
    return shown[:-3] + shown[-2:]
