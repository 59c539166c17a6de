"""Which custom fields of a site are story points, sprint, epic link, team and flag.

Decided by `schema.custom`, a board's estimation setting or a person's setting; never by a name alone, because names are
translated, renamed and doubled, nor by an id, because ids differ per site.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from javis_pipeline.errors import SettingError
from javis_pipeline.records.jira import FieldMap

CUSTOM_TYPES: Final[Mapping[str, frozenset[str]]] = {
    "story_points": frozenset({"com.pyxis.greenhopper.jira:jsw-story-points"}),
    "sprint": frozenset({"com.pyxis.greenhopper.jira:gh-sprint"}),
    "epic_link": frozenset({"com.pyxis.greenhopper.jira:gh-epic-link"}),
    "team": frozenset(
        {
            "com.atlassian.teams:rm-teams-custom-field-team",
            "com.atlassian.jira.plugin.system.customfieldtypes:atlassian-team",
        }
    ),
    "flagged": frozenset({"com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"}),
}

# Company-managed projects keep their estimates in an ordinary number field that any site can have many of. A name
# like this makes such a field a candidate to show to a person; it never decides.
PLAIN_NUMBER: Final = "com.atlassian.jira.plugin.system.customfieldtypes:float"
LOOKS_LIKE_STORY_POINTS: Final = re.compile(r"\bstory ?points?\b", re.IGNORECASE)
# What Jira itself calls the field, before it is translated.
_CALLED: Final[Mapping[str, str]] = {"story_points": "story points", "flagged": "flagged"}


class Candidate(NamedTuple):
    """A field that could play a role; `scope` is the id of the only project that has it, None for all projects."""

    field_id: str
    name: str
    scope: str | None

    def __str__(self) -> str:
        where = f", only in project {self.scope}" if self.scope else ""
        return f"{self.field_id} ({self.name}{where})"


class Ambiguity(NamedTuple):
    """A role that several fields could play, or one that nothing but its name speaks for: a person has to choose.

    The likeliest comes first: the one with the name that Jira itself gives, before that is translated.
    """

    role: str
    candidates: tuple[Candidate, ...]

    def __str__(self) -> str:
        fields = ", ".join(str(candidate) for candidate in self.candidates)
        choices = " or ".join(f"JIRA_FIELDS={self.role}:{candidate.field_id}" for candidate in self.candidates)
        return f"jira field for {self.role} is not clear: {fields}. It is not synced until you choose: {choices}"


class Discovery(NamedTuple):
    """What was found; a role that is None in `fields` and has no ambiguity does not exist on the site.

    Attributes:
        names: What the site calls the fields, by role.
    """

    fields: FieldMap
    ambiguities: tuple[Ambiguity, ...]
    names: Mapping[str, str]


def discover_fields(
    definitions: Iterable[Mapping[str, Any]],
    *,
    project_id: str | None = None,
    chosen: Mapping[str, str] | None = None,
    estimation_fields: Collection[str] = (),
) -> Discovery:
    """The fields of each role for one project.

    Args:
        definitions: Answer of `GET /rest/api/3/field`.
        project_id: Fields that belong to another project alone are not looked at; None looks at all.
        chosen: A person's choice, role to field id. It wins.
        estimation_fields: Field ids that the project's boards estimate with. Exactly one settles story points.

    Raises:
        SettingError: A choice names an unknown role or a field that the site does not have or that cannot play it.
    """
    by_id = {str(definition["id"]): definition for definition in definitions if _has_id(definition)}
    settled = _checked_choices(chosen or {}, by_id)
    estimating = {field_id: by_id[field_id] for field_id in estimation_fields if _is_number(by_id.get(field_id))}
    if len(estimating) == 1:
        settled.setdefault("story_points", next(iter(estimating)))

    ambiguities = []
    for role in FieldMap._fields:
        if role in settled:
            continue
        # Boards that estimate with different fields leave the choice between these, whatever else there is.
        among = estimating if role == "story_points" and estimating else by_id
        candidates, certain = _candidates(role, among.values(), project_id, any_number=among is estimating)
        if len(candidates) == 1 and certain:
            settled[role] = candidates[0].field_id
        elif candidates:
            ambiguities.append(Ambiguity(role, candidates))
    names = {role: _name(by_id[field_id]) for role, field_id in settled.items()}
    return Discovery(FieldMap(**settled), tuple(ambiguities), names)


def _candidates(
    role: str, definitions: Iterable[Mapping[str, Any]], project_id: str | None, *, any_number: bool = False
) -> tuple[tuple[Candidate, ...], bool]:
    """Fields that could play the role, those of the project alone first; whether all are so by their type."""
    own: list[Candidate] = []
    common: list[Candidate] = []
    certain = True
    for definition in sorted(definitions, key=lambda one: not _has_jiras_name(role, one)):
        by_type = custom_type(definition) in CUSTOM_TYPES[role]
        if role == "flagged" and not _is_called_flagged(definition):
            continue
        if not by_type and not any_number and not (role == "story_points" and _looks_like_story_points(definition)):
            continue
        scope = scope_of(definition)
        if scope and project_id and scope != project_id:
            continue
        certain = certain and by_type
        candidate = Candidate(str(definition["id"]), _name(definition), scope)
        (own if scope and project_id else common).append(candidate)
    # A team-managed project brings its own copy of a field; there the common one is not on any screen.
    return tuple(own or common), certain


def _checked_choices(chosen: Mapping[str, str], by_id: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    for role, field_id in chosen.items():
        if role not in FieldMap._fields:
            raise SettingError(f"JIRA_FIELDS: {role!r} is not one of {', '.join(FieldMap._fields)}")
        definition = by_id.get(field_id)
        if definition is None:
            near = difflib.get_close_matches(field_id, by_id, n=3)
            hint = f"; the nearest are {', '.join(near)}" if near else ""
            raise SettingError(f"JIRA_FIELDS: the site has no field {field_id!r} for {role}{hint}")
        fits = _is_number(definition) if role == "story_points" else custom_type(definition) in CUSTOM_TYPES[role]
        if not fits:
            raise SettingError(
                f"JIRA_FIELDS: {field_id} ({_name(definition)}) cannot be {role}: "
                f"its type is {custom_type(definition) or 'not a custom one'}"
            )
    return dict(chosen)


def schema_of(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a definition says of the type of its values."""
    schema = definition.get("schema")
    return schema if isinstance(schema, dict) else {}


def custom_type(definition: Mapping[str, Any]) -> str:
    """What an administrator chose for a custom field; empty where nothing was told."""
    custom = schema_of(definition).get("custom")
    return custom if isinstance(custom, str) else ""


def _is_number(definition: Mapping[str, Any] | None) -> bool:
    """Whether it is a number of the site's own: some of Jira's, in which boards estimate too, are seconds."""
    return definition is not None and schema_of(definition).get("type") == "number" and custom_type(definition) != ""


def _looks_like_story_points(definition: Mapping[str, Any]) -> bool:
    if custom_type(definition) != PLAIN_NUMBER:
        return False
    return any(LOOKS_LIKE_STORY_POINTS.search(name) for name in names_of(definition))


def _has_jiras_name(role: str, definition: Mapping[str, Any]) -> bool:
    return any(name.strip().casefold() == _CALLED.get(role) for name in names_of(definition)[:1])


def _is_called_flagged(definition: Mapping[str, Any]) -> bool:
    """The flag's type is that of all check boxes; Jira itself gave it this name, which a translation keeps."""
    return any(name.strip().lower() == "flagged" for name in names_of(definition))


def names_of(definition: Mapping[str, Any]) -> list[str]:
    """Its names, the untranslated one first."""
    names = (definition.get("untranslatedName"), definition.get("name"))
    return [name for name in names if isinstance(name, str)]


def _name(definition: Mapping[str, Any]) -> str:
    name = definition.get("name")
    return name if isinstance(name, str) else ""


def _has_id(definition: Mapping[str, Any]) -> bool:
    return isinstance(definition.get("id"), str)


def scope_of(definition: Mapping[str, Any]) -> str | None:
    """Id of the only project that has it; None for a field of the site."""
    scope = definition.get("scope")
    project = scope.get("project") if isinstance(scope, dict) else None
    project_id = project.get("id") if isinstance(project, dict) else None
    return str(project_id) if isinstance(project_id, str | int) and project_id else None
