"""What a project asks for when an issue is made, and the request that gives it: pure."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from javis_pipeline.db.create_forms import Level
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.create import Form, Wish
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.records.values import Value
from javis_pipeline.sync.codecs import LossyEdit
from javis_pipeline.sync.fields import Kind

TypeForm: TypeAlias = Mapping[str, Any]
Types: TypeAlias = Mapping[str, TypeForm]
"""By name of the type: `id`, `subtask`, `level`, and `fields` by Jira's id: `name`, `required`, `options`."""

_JIRA_IDS: Final = {
    "title": "summary",
    "description": "description",
    "labels": "labels",
    "priority": "priority",
    "assignee_id": "assignee",
    "due_date": "duedate",
    "parent_key": "parent",
}
# What every request gives, and what Jira gives itself.
_GIVEN: Final = frozenset({"project", "issuetype", "reporter"})


def read_fields(kind: JsonObject, fields: Iterable[JsonObject]) -> TypeForm:
    """What is kept of a type and its fields."""
    kept = {
        str(field.get("fieldId") or field["key"]): {
            "name": field.get("name"),
            "required": bool(field.get("required")) and not field.get("hasDefaultValue"),
            "options": [str(one.get("name") or one.get("value")) for one in field.get("allowedValues") or []][:50],
            "names_epic": str((field.get("schema") or {}).get("custom")).endswith(":gh-epic-label"),
        }
        for field in fields
    }
    return {
        "id": str(kind["id"]),
        "subtask": bool(kind.get("subtask")),
        "level": kind.get("hierarchyLevel"),
        "fields": kept,
    }


def form_of(
    wish: Wish,
    types: Types,
    *,
    project: str,
    kind: Kind,
    catalog: Catalog,
    points: str | None,
    parent: Level | None,
    above: str | None = None,
) -> Form | str:
    """The request that makes the issue; or why none does, with the possible values.

    Args:
        wish: The row.
        types: What the project asks for, by type.
        project: Its key.
        kind: What an issue is there.
        catalog: Names and ids.
        points: Jira's id of story points.
        parent: What is known of the parent that the row names; None for nothing.
        above: Jira's id of the field that leads to what is above an issue that is no sub-task; None for `parent`.
    """
    name = next((name for name in types if name.casefold() == wish.type_name.casefold()), None)
    if name is None:
        return f"there is no issue type '{wish.type_name}' in {project}; possible: {', '.join(sorted(types))}"
    form = types[name]
    if problem := _parent_problem(wish, name, form, project, parent):
        return problem
    ids = _ids(points, None if form["subtask"] else above)
    wanted = {field: value for field, value in wish.values.items() if value not in (None, ())}
    on_screen = {
        field: value for field, value in wanted.items() if ids.get(field) in form["fields"] or field == "title"
    }
    if problem := _problem(on_screen, kind, catalog):
        return problem
    if problem := _missing(form, {ids[field] for field in on_screen}, points):
        return problem
    try:
        raw = {field: _raw(kind, field, value, catalog) for field, value in on_screen.items()}
    except LossyEdit as error:
        return f"description: {error}"
    fields = {ids[field]: _to_jira(field, value) for field, value in raw.items()}
    fields |= dict.fromkeys(_names_of_epics(form), wish.values["title"])
    if above in fields:
        fields[above] = raw["parent_key"]
    return Form(
        local=on_screen,
        raw={field: kind.fields[field].stored_raw(value) for field, value in raw.items()},
        later=tuple(sorted(wanted.keys() - on_screen.keys())),
        request={"project": {"key": project}, "issuetype": {"id": form["id"]}, **fields},
    )


def in_our_words(refused: Mapping[str, str], points: str | None, above: str | None) -> str:
    """What Jira said against fields, by the columns that they are here."""
    columns = {jira_id: column for above_ in (None, above) for column, jira_id in _ids(points, above_).items()}
    return "; ".join(f"{columns.get(jira_id, jira_id)}: {said.rstrip('.')}" for jira_id, said in refused.items())


def _ids(points: str | None, above: str | None) -> dict[str, str]:
    """Column to the field that it is in a request."""
    more = {"story_points": points, "parent_key": above}
    return {**_JIRA_IDS, **{column: jira_id for column, jira_id in more.items() if jira_id}}


def _parent_problem(wish: Wish, name: str, form: TypeForm, project: str, parent: Level | None) -> str | None:
    key = wish.values.get("parent_key")
    if key is None:
        return f"a {name} lies below another issue; set parent_key" if form["subtask"] else None
    if form["subtask"] and parent is not None and parent.project != project:
        return f"parent_key: {key} is in another project; a {name} lies in the project of its parent"
    level = form["level"]
    if parent is None or parent.level is None or level is None or parent.level == level + 1:
        return None
    return f"parent_key: {key} cannot stand above one of type {name}; its parent is one level above it"


def _problem(values: Mapping[str, Value], kind: Kind, catalog: Catalog) -> str | None:
    for field, value in values.items():
        codec = kind.fields[field].codec
        bad = codec.bad_elements(value, catalog) if isinstance(value, tuple) else {}
        why = codec.problem(value, catalog) or next((f"'{element}' {why}" for element, why in bad.items()), None)
        if why or (why := catalog.unwritable.get(field)):
            return f"{field}: {why}"
    return None


def _missing(form: TypeForm, given: set[str], points: str | None) -> str | None:
    """What Jira asks for and the row does not give."""
    ours = {jira_id: field for field, jira_id in _JIRA_IDS.items()} | ({points: "story_points"} if points else {})
    for jira_id, field in form["fields"].items():
        if field["required"] and jira_id not in {*given, *_GIVEN, *_names_of_epics(form)}:
            possible = f"; possible: {', '.join(field['options'])}" if field["options"] else ""
            column = ours.get(jira_id)
            where = f"set {column}" if column else "it is given in Jira only: make the issue there"
            return f"'{field['name']}' is required in this project; {where}{possible}"
    return None


def _names_of_epics(form: TypeForm) -> list[str]:
    """The field in which an epic has a name beside its title, where it must: it is called as it is entitled."""
    return [jira_id for jira_id, field in form["fields"].items() if field["required"] and field.get("names_epic")]


def _raw(kind: Kind, field: str, value: Value, catalog: Catalog) -> Value:
    codec = kind.fields[field].codec
    return codec.to_remote(value, base=None, base_raw=None, catalog=catalog, lossy=False)


def _to_jira(field: str, value: Value) -> object:
    match field:
        case "priority":
            assert isinstance(value, Mapping), "a priority goes out as its id"
            return {"id": value["id"]}
        case "assignee_id":
            return {"accountId": value}
        case "parent_key":
            return {"key": value}
        case "story_points":
            assert isinstance(value, int | Decimal), "checked before"
            return int(value) if value == int(value) else float(value)
        case "labels":
            assert isinstance(value, tuple), "checked before"
            return list(value)
        case _:
            return value
