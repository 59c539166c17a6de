"""The custom fields of a site, and how the values of each read: told by the type that Jira gives them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from javis_pipeline.records.jira import CustomField, FieldMap, Sort
from javis_pipeline.records.sync import FieldPolicy
from javis_pipeline.sync.element_codecs import WRITTEN
from javis_pipeline.sync.policies import NO_POLICIES, Policies
from javis_pipeline.systems.jira.fields import custom_type, names_of, schema_of, scope_of
from javis_pipeline.systems.jira.wire import Custom

# What these show differs each time one looks, although nobody has changed the issue: how long ago something was, what a
# build server says, the place between neighbours. Reading them would make every look a change.
_DIFFER_EACH_TIME: Final = frozenset(
    {
        "com.pyxis.greenhopper.jira:gh-lexo-rank",
        "com.pyxis.greenhopper.jira:gh-global-rank",
        "com.atlassian.jira.ext.charting:timeinstatus",
        "com.atlassian.jira.toolkit:dayslastcommented",
        "com.atlassian.servicedesk:sd-sla-field",
    }
)
_IS_CUSTOM: Final = re.compile(r"customfield_[0-9]{1,12}")
_OF_DEVELOPMENT: Final = "com.atlassian.jira.plugins.jira-development-integration-plugin:"
_TEAMS: Final = ("rm-teams-custom-field-team", "atlassian-team")
_BY_TYPE: Final[Mapping[tuple[str, str], Sort]] = {
    ("string", "None"): "text",
    ("number", "None"): "number",
    ("date", "None"): "date",
    ("datetime", "None"): "datetime",
    ("option", "None"): "option",
    ("array", "option"): "options",
    ("option-with-child", "None"): "cascade",
    ("user", "None"): "user",
    ("array", "user"): "users",
    ("group", "None"): "group",
    ("array", "group"): "groups",
    ("version", "None"): "version",
    ("array", "version"): "versions",
    ("array", "component"): "components",
    ("team", "None"): "team",
    ("sd-customerrequesttype", "None"): "request_type",
}
_BY_CUSTOM_TYPE: Final[Mapping[str, Sort]] = {
    "textarea": "rich_text",
    "url": "url",
    "labels": "labels",
    **dict.fromkeys(_TEAMS, "team"),
}


def custom_fields_of(definitions: Iterable[Mapping[str, Any]]) -> tuple[CustomField, ...]:
    """The custom fields in an answer of `GET /rest/api/3/field`, by id; of two with one id the last."""
    found = {
        definition["id"]: _custom_field(definition)
        for definition in definitions
        if isinstance(definition.get("id"), str) and _IS_CUSTOM.fullmatch(definition["id"])
    }
    return tuple(found[field_id] for field_id in sorted(found, key=lambda one: (len(one), one)))


def read_by_id(
    fields: Iterable[CustomField], roles: FieldMap, project_id: str, policies: Policies = NO_POLICIES
) -> Custom:
    """What is read of a project's issues under its id: what has no column of its own and is not another project's."""
    return {
        field.field_id: field.sort
        for field in fields
        if policy_of(field, policies) != "none"
        and field.field_id not in roles
        and field.project_id in (None, project_id)
    }


def policy_of(field: CustomField, policies: Policies) -> FieldPolicy:
    """Which way a custom field goes: here, unless it differs at each look, or a person chose otherwise."""
    return policies.get(field.field_id, "none" if field.differs else "remote_to_local")


def written_of(names: Iterable[str], policies: Policies) -> frozenset[str]:
    """Those of these fields that a policy lets be edited here."""
    return frozenset(name for name in names if policies.get(name) in ("two_way", "local_to_remote"))


def can_be_written(fields: Iterable[CustomField]) -> Mapping[str, bool]:
    """Whether values of each field can be sent, by its id."""
    return {field.field_id: field.sort in WRITTEN and not field.differs for field in fields}


def ids_by_name(fields: Iterable[CustomField]) -> Mapping[str, str]:
    """The names, in lower case, that only one field has, with its id."""
    names = [
        (name.casefold(), field.field_id)
        for field in fields
        for name in {field.name, field.untranslated_name or field.name}
    ]
    often = Counter(name for name, _ in names)
    return {name: field_id for name, field_id in names if often[name] == 1}


def _custom_field(definition: Mapping[str, Any]) -> CustomField:
    untranslated = definition.get("untranslatedName")
    return CustomField(
        field_id=definition["id"],
        name=next(iter(names_of(definition)[::-1]), definition["id"]),
        untranslated_name=untranslated if isinstance(untranslated, str) else None,
        type=custom_type(definition),
        project_id=scope_of(definition),
        sort=_sort_of(definition),
        differs=_differs(custom_type(definition)),
    )


def _differs(type_: str) -> bool:
    return type_ in _DIFFER_EACH_TIME or type_.startswith(_OF_DEVELOPMENT)


def _sort_of(definition: Mapping[str, Any]) -> Sort:
    type_ = custom_type(definition)
    schema = schema_of(definition)
    by_type = _BY_TYPE.get((str(schema.get("type")), str(schema.get("items"))), "other")
    return _BY_CUSTOM_TYPE.get(type_.rpartition(":")[2], by_type)
