"""What an edit means: reading the values that are sent, refusing them as Jira does, wording the changelog."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

from javis_pipeline.sandbox.jira import adf
from javis_pipeline.sandbox.jira.catalogue import Project, Register, Transition
from javis_pipeline.sandbox.jira.custom import TEAMS, Definition, Option, held_datetime
from javis_pipeline.sandbox.jira.fields import FieldSpec
from javis_pipeline.sandbox.jira.issues import ChangeItem, IssueState, RichText
from javis_pipeline.sandbox.jira.rendering import Renderer
from javis_pipeline.sandbox.jira.store import JiraStore

Json = dict[str, Any]

LONGEST_SUMMARY = 255
LONGEST_LABEL = 255
LONGEST_TEXT = 32_767
NOT_ON_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."


class InvalidEditError(Exception):
    """The edit is refused; nothing of it was done. `errors` are texts by field, `messages` are about the whole."""

    def __init__(self, *messages: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__("; ".join([*messages, *(f"{name}: {text}" for name, text in (errors or {}).items())]))
        self.messages = list(messages)
        self.errors = dict(errors or {})


class BadValueError(Exception):
    """One value is refused, with Jira's words for it."""


@dataclass(frozen=True)
class NewLink:
    """A link to be made; `outward` says whether the edited issue is the source."""

    type_id: str
    other: int
    outward: bool


@dataclass
class Edit:
    """What is left to do for an edit that was found good.

    Args:
        state: The values afterwards.
        comments: Texts to be added as comments.
        links: Links to be made.
    """

    state: IssueState
    comments: list[RichText] = field(default_factory=list)
    links: list[NewLink] = field(default_factory=list)


Described = tuple[str | None, str | None]
"""Id and text of a value, as a changelog has them."""


@dataclass(frozen=True)
class _Editor:
    """How one field is edited.

    Args:
        attribute: Where `IssueState` holds it; None for a custom field without meaning.
        read: The stored value for a sent one. Gets the state, as some values depend on others.
        describe: What the changelog says of a stored value.
        element: The stored element for a sent one, for fields that take `add` and `remove`.
        name: What the changelog calls the field; the field's id if it is None.
        with_id: Whether the changelog gives the field's id.
    """

    attribute: str | None
    read: Callable[[Any, IssueState], Any]
    describe: Callable[[Any], Described]
    element: Callable[[Any, IssueState], str] | None = None
    name: str | None = None
    with_id: bool = True

    @property
    def operations(self) -> list[str]:
        return ["add", "set", "remove"] if self.element else ["set"]


class Editors:
    """The editable fields of a site."""

    wants_text = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"

    def __init__(self, store: JiraStore) -> None:
        self.store = store
        custom = store.fields
        self._editors: dict[str, _Editor] = {
            "summary": _Editor("summary", _summary, _text_only),
            "description": _Editor("description", self._document, self._document_text),
            "environment": _Editor("environment", self._document, self._document_text),
            "labels": _Editor("labels", _labels, lambda v: ("", " ".join(v)), element=lambda value, _: _label(value)),
            "priority": _Editor("priority_id", self._one_of(store.priorities, "priority"), self._of(store.priorities)),
            "issuetype": _Editor("type_id", self._one_of(store.types, "issue type"), self._of(store.types)),
            "assignee": _Editor("assignee", self._person, self._person_text),
            "reporter": _Editor("reporter", self._reporter, self._person_text),
            "duedate": _Editor("due", _due, _due_text),
            "parent": _Editor(
                "parent_id", self._parent, self._issue_text, name="IssueParentAssociation", with_id=False
            ),
            "components": self._named("components", "Component", lambda s: store.projects[s.project].components),
            "fixVersions": self._named("fix_versions", "Fix Version", lambda s: store.projects[s.project].versions),
            "timetracking": _Editor("time_tracking", _time_tracking, lambda _: (None, None)),
            "versions": self._named("versions", "Version", lambda s: store.projects[s.project].versions),
            custom.story_points.id: _Editor("story_points", _number, _number_text),
            custom.sprint.id: _Editor("sprint_ids", self._sprint, self._sprint_text),
            custom.flagged.id: _Editor("flagged", _flag, lambda v: (None, "Impediment" if v else "")),
            custom.epic_link.id: _Editor("parent_id", self._epic, self._issue_text),
            custom.epic_name.id: _Editor(None, _short_text, _text_only),
            custom.start_date.id: _Editor(None, _custom_date, _text_only),
            custom.old_sprint.id: _Editor(None, _short_text, _text_only),
            custom.team.id: _Editor(None, _or_none(_team), _team_text),
            **{id_: self._of_custom(id_, definition) for id_, definition in custom.definitions.items()},
        }
        # Not on the edit screen, but where an administrator put it there: else only a transition sets it.
        self.resolution_is_on_screen = False
        self._resolution = _Editor(
            "resolution_id", self._one_of(store.resolutions, "resolution"), self._of(store.resolutions)
        )

    def editable(self) -> list[FieldSpec]:
        """The fields of the edit screen."""
        more = ["resolution"] if self.resolution_is_on_screen else []
        return [self.store.fields.by_id[id_] for id_ in (*self._editors, *more)]

    def operations(self, id_: str) -> list[str]:
        """The verbs a field understands."""
        return self._editor(id_).operations

    def _editor(self, id_: str) -> _Editor:
        return self._resolution if id_ == "resolution" else self._editors[id_]

    def edited(self, state: IssueState, fields: Json, update: Json, *, screen: frozenset[str] | None = None) -> Edit:
        """The edit that `fields` and `update` of a request ask for.

        Args:
            state: The values now.
            fields: New values by field id.
            update: Lists of verbs by field id.
            screen: Ids of the only fields that may be set; None for those of the edit screen.

        Raises:
            InvalidEditError: A value or a field is refused.
        """
        doubled = sorted(set(fields) & set(update))
        if doubled:
            raise InvalidEditError(f"Field '{doubled[0]}' cannot appear in both 'fields' and 'update'.")
        edit, errors = Edit(state), dict[str, str]()
        for id_, value in [*fields.items(), *update.items()]:
            try:
                verbs = _verbs(value) if id_ in update else [("set", value)]
                self._apply(edit, id_, verbs, screen)
            except BadValueError as bad:
                errors[id_] = str(bad)
        if errors:
            raise InvalidEditError(errors=errors)
        return edit

    def items(self, before: IssueState, after: IssueState) -> list[ChangeItem]:
        """What a changelog says about the difference of two states."""
        found = []
        for id_, editor in [*self._editors.items(), ("resolution", self._resolution)]:
            if id_ == self.store.fields.epic_link.id:
                continue
            old, new = _get(editor, id_, before), _get(editor, id_, after)
            if old != new and id_ != "timetracking":
                found.append(self._item(id_, editor, old, new))
        return found + _times_changed(before.time_tracking, after.time_tracking)

    def _item(self, id_: str, editor: _Editor, old: Any, new: Any) -> ChangeItem:
        spec = self.store.fields.by_id[id_]
        (from_id, from_text), (to_id, to_text) = _described(editor, old), _described(editor, new)
        name = editor.name or (spec.name if spec.custom else id_)
        kind = "custom" if spec.custom else "jira"
        return ChangeItem(name, kind, id_ if editor.with_id else None, from_id, from_text, to_id, to_text)

    def _apply(self, edit: Edit, id_: str, verbs: list[tuple[str, Any]], screen: frozenset[str] | None) -> None:
        more = ("comment", "issuelinks", *(["resolution"] if self.resolution_is_on_screen else []))
        on_screen = id_ in self._editors or id_ in more if screen is None else id_ in screen
        if not on_screen:
            raise BadValueError(NOT_ON_SCREEN.format(id_))
        for verb, value in verbs:
            if id_ == "comment":
                edit.comments.append(self._comment(verb, value))
            elif id_ == "issuelinks":
                edit.links.append(self._link(verb, value))
            else:
                self._apply_verb(edit, id_, verb, value)

    def _apply_verb(self, edit: Edit, id_: str, verb: str, value: Any) -> None:
        editor = self._editor(id_)
        if verb == "copy":
            new = _get(editor, id_, self._copied(value))
        elif verb == "set":
            new = editor.read(value, edit.state)
        elif verb in ("add", "remove") and editor.element:
            element = editor.element(value, edit.state)
            kept = [each for each in _get(editor, id_, edit.state) or () if each != element]
            new = editor.read([*kept, value] if verb == "add" else kept, edit.state)
        else:
            raise BadValueError(f"Field does not support update '{verb}'")
        if editor.attribute:
            edit.state = replace(edit.state, **{editor.attribute: new})
        else:
            edit.state = replace(edit.state, custom=edit.state.custom | {id_: new})

    def _copied(self, value: Any) -> IssueState:
        sources = value.get("issuelinks", {}).get("sourceIssues", []) if isinstance(value, dict) else []
        source = self.store.find(str(sources[0].get("key") or sources[0].get("id"))) if sources else None
        if source is None:
            raise BadValueError("Could not find valid 'id' or 'value'")
        return source.state

    # -- values that depend on the site

    def _comment(self, verb: str, value: Any) -> RichText:
        body = value.get("body") if isinstance(value, dict) else None
        if verb != "add":
            raise BadValueError(f"Field does not support update '{verb}'")
        text = self.text_of(body)
        if text is None:
            raise BadValueError("Comment body is not valid!")
        return text

    def text_of(self, value: Any) -> RichText | None:
        """The text that was sent, as it is kept; None for what is none."""
        return adf.stored(value) if isinstance(value, dict) and adf.is_document(value) else None

    def sent(self, value: Any) -> Any:
        """A text or a document, in the form that an edit sends it."""
        return adf.of_text(value) if isinstance(value, str) else value

    def person_sent(self, account_id: str) -> Json:
        """A person, in the form that an edit sends them."""
        return {"accountId": account_id}

    def parent_sent(self, key: str | None) -> tuple[str, Any]:
        """A parent, as the field that takes it and in the form that an edit sends it."""
        return "parent", None if key is None else {"key": key}

    def written(self, text: str) -> RichText:
        """What a person typed, as it is kept."""
        return adf.stored(adf.of_text(text))

    def _link(self, verb: str, value: Any) -> NewLink:
        if verb != "add" or not isinstance(value, dict):
            raise BadValueError(f"Field does not support update '{verb}'")
        kind = _word(value.get("type"), "id", "name")
        known = self.store.link_types.found(kind) if kind else None
        outward = "outwardIssue" in value
        other = self.store.find(_word(value.get("outwardIssue" if outward else "inwardIssue"), "key", "id") or "0")
        if known is None or other is None:
            raise BadValueError("Could not find the link type or the issue to link.")
        return NewLink(known.id, other.id, outward)

    def _document(self, value: Any, _: IssueState) -> RichText | None:
        if value is None:
            return None
        text = self.text_of(value)
        if text is None:
            raise BadValueError(self.wants_text)
        if len(self._document_text(text)[1] or "") > LONGEST_TEXT:
            raise BadValueError("The entered text is too long. It exceeds the allowed limit of 32,767 characters.")
        return text

    def _document_text(self, value: RichText | None) -> Described:
        document = self.store.rich_text(value)
        return None, adf.plain_text(document) if document else None

    def _one_of(self, register: Register[Any], what: str) -> Callable[[Any, IssueState], str | None]:
        def read(value: Any, _: IssueState) -> str | None:
            if value is None:
                return None
            id_, name = (value.get("id"), value.get("name")) if isinstance(value, dict) else (None, None)
            known = register.get(str(id_)) if id_ is not None else register.named(str(name)) if name else None
            if known is None:
                raise BadValueError(f"The {what} selected is invalid.")
            return str(known.id)

        return read

    def _of(self, register: Register[Any]) -> Callable[[str], Described]:
        return lambda id_: (id_, register[id_].name)

    # -- custom fields without a meaning of their own

    def _of_custom(self, id_: str, definition: Definition) -> _Editor:
        options = self.store.fields.options[id_]
        chosen = partial(_option, options)
        match definition.type, definition.items:
            case ("option", _):
                return _Editor(None, _or_none(chosen), partial(_option_text, options))
            case ("array", "option"):
                return _many(chosen, partial(_option_text, options))
            case ("option-with-child", _):
                return _Editor(None, _or_none(partial(_cascade, options)), partial(_cascade_text, options))
            case ("user", _):
                return _Editor(None, self._person, self._person_text)
            case ("array", "user"):
                return _many(lambda value, state: self._person(value, state) or "", self._person_text)
            case ("group", _):
                return _Editor(None, _or_none(_group), _text_only)
            case ("array", "group"):
                return _many(_group, _text_only)
            case ("version", _):
                return _Editor(None, _or_none(self._version), _text_only)
            case ("array", "version"):
                return _many(self._version, _text_only)
            case ("team", _):
                return _Editor(None, _or_none(_team), _team_text)
        match definition.custom:
            case "labels":
                return _Editor(
                    None, lambda value, state: [*_labels(value, state)], _words, element=lambda value, _: _label(value)
                )
            case "float":
                return _Editor(None, _number, _number_text)
            case "datepicker":
                return _Editor(None, _custom_date, _text_only)
            case "datetime":
                return _Editor(None, _or_none(_instant), _text_only)
            case "textarea":
                return _Editor(None, self._sent_text, lambda value: (None, self._plain(value)))
            case "url":
                return _Editor(None, _or_none(_url), _text_only)
        return _Editor(None, _short_text, _text_only)

    def _version(self, value: Any, state: IssueState) -> str:
        known = self.store.projects[state.project].versions
        by_id = {id_: name for name, id_ in known.items()}
        word = _word(value, "id", "name") or ""
        if (name := by_id.get(word, word)) not in known:
            raise BadValueError(f"Version with id or name '{word}' does not exist.")
        return name

    def _sent_text(self, value: Any, state: IssueState) -> Any:
        self._document(value, state)
        return value or None

    def _plain(self, sent: Any) -> str:
        return adf.plain_text(sent) if isinstance(sent, dict) else str(sent)

    def _person(self, value: Any, _: IssueState) -> str | None:
        if value is None:
            return None
        if not isinstance(value, dict) or not ({"accountId", "id"} & set(value)):
            raise BadValueError("Specify a valid 'id' for the user: names and e-mail addresses cannot be used.")
        account_id = value.get("accountId", value.get("id"))
        if account_id is None:
            return None
        person = self.store.ground.people.get(str(account_id))
        if person is None:
            raise BadValueError(f"User '{account_id}' does not exist.")
        if not person.active:
            raise BadValueError(f"User '{account_id}' cannot be assigned work items.")
        return person.account_id

    def _reporter(self, value: Any, state: IssueState) -> str:
        account_id = self._person(value, state)
        if account_id is None:
            raise BadValueError("Reporter is required.")
        return account_id

    def _person_text(self, account_id: str) -> Described:
        person = self.store.ground.people.get(account_id)
        return account_id, person.name if person else "Former user"

    def _parent(self, value: Any, state: IssueState) -> int | None:
        level = self.store.types[state.type_id].level
        if value is None or value == {"none": True}:
            if level < 0:
                raise BadValueError("Given parent work item does not belong to appropriate hierarchy.")
            return None
        parent = self.store.find(_word(value, "key", "id") or "0")
        if parent is None:
            raise BadValueError("Could not find issue by id or key.")
        if self.store.types[parent.state.type_id].level != level + 1 or parent.id == state.id:
            raise BadValueError("Given parent work item does not belong to appropriate hierarchy.")
        return parent.id

    def _epic(self, value: Any, state: IssueState) -> int | None:
        return self._parent(None if value is None else {"key": str(value)}, state)

    def _issue_text(self, id_: int) -> Described:
        known = self.store.issues.get(id_)
        ghost = self.store.ghosts.get(id_)
        return str(id_), known.state.key if known else ghost.key if ghost else None

    def _sprint(self, value: Any, state: IssueState) -> tuple[int, ...]:
        sprints = self.store.sprints
        past = tuple(id_ for id_ in state.sprint_ids if sprints[str(id_)].state == "closed")
        if value is None:
            return past
        if isinstance(value, bool) or not str(value).isdecimal():
            raise BadValueError("Number value expected as the Sprint id.")
        sprint = sprints.get(str(value))
        if sprint is None:
            raise BadValueError(f"Sprint with id '{value}' does not exist.")
        if sprint.state == "closed":
            raise BadValueError("Issue can be assigned only active or future sprints.")
        return (*past, sprint.number)

    def _sprint_text(self, ids: tuple[int, ...]) -> Described:
        names = (self.store.sprints[str(id_)].name for id_ in ids)
        return ", ".join(map(str, ids)), ", ".join(names)

    def _named(self, attribute: str, name: str, ids: Callable[[IssueState], dict[str, str]]) -> _Editor:
        def element(value: Any, state: IssueState) -> str:
            word = _word(value, "name", "id")
            if word is None:
                raise BadValueError("data was not an object with an 'id' or a 'name'")
            return {id_: each for each, id_ in ids(state).items()}.get(word, word)

        def read(value: Any, state: IssueState) -> tuple[str, ...]:
            if not isinstance(value, list):
                raise BadValueError("data was not an array")
            known = ids(state)
            by_id = {id_: each for each, id_ in known.items()}
            words = [each if isinstance(each, str) else element(each, state) for each in value]
            names = [by_id.get(word, word) for word in words]
            for missing in (each for each in names if each not in known):
                raise BadValueError(f"{name} name '{missing}' is not valid")
            shelved = self.store.projects[state.project].shelved - {*getattr(state, attribute)}
            if name != "Component" and shelved.intersection(names):
                raise BadValueError(f"{name} '{min(shelved.intersection(names))}' is archived.")
            return tuple(dict.fromkeys(names))

        return _Editor(attribute, read, lambda v: (None, ", ".join(v)), element=element, name=name)


def edit_meta(editors: Editors, show: Renderer, project: Project) -> Json:
    """The editable fields of a project's issues as `editmeta` lists them."""
    return {
        spec.id: {
            "required": spec.id in ("summary", "issuetype", "reporter"),
            "schema": spec.schema or {"type": "issuelink", "system": spec.id},
            "name": spec.name,
            "key": spec.id,
            "hasDefaultValue": spec.id == "priority",
            "operations": editors.operations(spec.id),
        }
        | _allowed(editors.store, show, spec.id, project)
        for spec in editors.editable()
    }


def screen(store: JiraStore, show: Renderer, transition: Transition) -> Json:
    """The fields on the screen of a transition."""
    return {
        id_: {
            "required": id_ in transition.required,
            "schema": store.fields.by_id[id_].schema,
            "name": store.fields.by_id[id_].name,
            "key": id_,
            "hasDefaultValue": False,
            "operations": ["set"],
        }
        | _allowed(store, show, id_, None)
        for id_ in (*transition.required, *transition.optional)
    }


def _allowed(store: JiraStore, show: Renderer, id_: str, project: Project | None) -> Json:
    definition = store.fields.definitions.get(id_)
    if definition is not None:
        return _allowed_in_custom(store, show, id_, definition, project)
    match id_:
        case "components" if project is not None:
            return {"allowedValues": show.named("component", project.components, tuple(project.components))}
        case "versions" | "fixVersions" if project is not None:
            return {"allowedValues": _versions(show, project)}
        case "priority":
            return {"allowedValues": [show.priority(each) for each in store.priorities]}
        case "issuetype":
            return {"allowedValues": [show.issue_type(each) for each in store.types]}
        case "resolution":
            return {"allowedValues": [show.resolution(each) for each in store.resolutions]}
    return {}


def _allowed_in_custom(
    store: JiraStore, show: Renderer, id_: str, definition: Definition, project: Project | None
) -> Json:
    """What can be chosen now: no option that is disabled, and no version of another project."""
    if "version" in (definition.type, definition.items) and project is not None:
        return {"allowedValues": _versions(show, project)}
    options = store.fields.options[id_]
    below = {child.id for option in options.values() for child in option.children}
    active = [option for option in options.values() if option.id not in below and not option.disabled]
    return {"allowedValues": [show.choice(option) for option in active]} if options else {}


def _versions(show: Renderer, project: Project) -> list[Json]:
    return [show.version(project, name) for name in project.versions if name not in project.shelved]


def _get(editor: _Editor, id_: str, state: IssueState) -> Any:
    return getattr(state, editor.attribute) if editor.attribute else state.custom.get(id_)


def _described(editor: _Editor, value: Any) -> Described:
    return (None, None) if value is None else editor.describe(value)


def _verbs(value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) and len(each) == 1 for each in value):
        raise BadValueError("An update must be an array of objects with one operation each.")
    return [next(iter(each.items())) for each in value]


def _word(value: Any, *names: str) -> str | None:
    if not isinstance(value, dict):
        return None
    return next((str(value[name]) for name in names if value.get(name) is not None), None)


def _text_only(value: Any) -> Described:
    return None, str(value)


def _summary(value: Any, _: IssueState) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise BadValueError("You must specify a summary of the issue.")
    if not isinstance(value, str):
        raise BadValueError("Operation value must be a string")
    if "\n" in value or "\r" in value:
        raise BadValueError("The summary is invalid because it contains newline characters.")
    if len(value) > LONGEST_SUMMARY:
        raise BadValueError("Summary can't exceed 255 characters.")
    return value.strip()


def _short_text(value: Any, _: IssueState) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadValueError("Operation value must be a string")
    if len(value) > LONGEST_SUMMARY:
        raise BadValueError("The entered text is too long. It exceeds the allowed limit of 255 characters.")
    return value.strip() or None


def _label(value: Any) -> str:
    if not isinstance(value, str):
        raise BadValueError("string expected at index 0")
    if any(character.isspace() for character in value):
        raise BadValueError(f"The label '{value}' contains spaces which is invalid.")
    if not value:
        raise BadValueError("The label '' is invalid: it is empty.")
    if len(value) > LONGEST_LABEL:
        raise BadValueError(f"The label '{value[:20]}...' exceeds the maximum length of {LONGEST_LABEL} characters.")
    return value


def _labels(value: Any, _: IssueState) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadValueError("data was not an array")
    return tuple(sorted({_label(each) for each in value}))


def _due(value: Any, _: IssueState) -> date | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadValueError("Operation value must be a string")
    try:
        day = date.fromisoformat(value) if len(value) == len("yyyy-MM-dd") else None
    except ValueError:
        day = None
    if day is None:
        raise BadValueError(f"Error parsing date string: {value}")
    if day.year < 1970:
        raise BadValueError(f"The date '{value}' is before 1970 and cannot be stored.")
    return day


def _due_text(day: date) -> Described:
    return day.isoformat(), f"{day.isoformat()} 00:00:00.0"


def _custom_date(value: Any, state: IssueState) -> str | None:
    day = _due(value, state)
    return day.isoformat() if day else None


def _number(value: Any, _: IssueState) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValueError("Operation value must be a number")
    return float(value)


def _number_text(value: float) -> Described:
    return None, f"{value:g}"


def _or_none(read: Callable[[Any, IssueState], Any]) -> Callable[[Any, IssueState], Any]:
    return lambda value, state: None if value is None else read(value, state)


def _many(read: Callable[[Any, IssueState], str], describe: Callable[[str], Described]) -> _Editor:
    """A field with several values, of which each is read and described by itself."""

    def read_all(value: Any, state: IssueState) -> list[str] | None:
        if value is None:
            return None
        if not isinstance(value, list):
            raise BadValueError("data was not an array")
        return list(dict.fromkeys(one if isinstance(one, str) else read(one, state) for one in value))

    def described(values: list[str]) -> Described:
        parts = [describe(value) for value in values]
        return f"[{', '.join(id_ or '' for id_, _ in parts)}]", ",".join(text or "" for _, text in parts)

    return _Editor(None, read_all, described, element=read)


def _option(options: Mapping[str, Option], value: Any, _: IssueState) -> str:
    word = _word(value, "id", "value")
    if word is None:
        raise BadValueError("Specify a valid 'id' or 'value'")
    by_value = {option.value: option for option in options.values()}
    option = options.get(word) or by_value.get(word)
    if option is None or option.disabled:
        raise BadValueError(f"Option id '{word}' is not valid")
    return option.id


def _option_text(options: Mapping[str, Option], held: str) -> Described:
    return held, options[held].value


def _cascade(options: Mapping[str, Option], value: Any, state: IssueState) -> str:
    below = {child.id for option in options.values() for child in option.children}
    parent = _option({id_: one for id_, one in options.items() if id_ not in below}, value, state)
    child = value.get("child")
    if not child:
        return parent
    children = {one.id: one for one in options[parent].children}
    try:
        return f"{parent}/{_option(children, child, state)}"
    except BadValueError:
        raise BadValueError("The option is not valid for the Parent Option object") from None


def _cascade_text(options: Mapping[str, Option], held: str) -> Described:
    parent, _, child = held.partition("/")
    shown = f"Parent values: {options[parent].value}({parent})"
    return None, shown + (f"Level 1 values: {options[child].value}({child})" if child else "")


def _group(value: Any, _: IssueState) -> str:
    name = _word(value, "name", "groupId")
    if name is None:
        raise BadValueError("Specify a valid group")
    return name.removeprefix("group-")


def _team(value: Any, _: IssueState) -> str:
    """A team's id alone, although issues show an object."""
    if not isinstance(value, str):
        raise BadValueError("Operation value must be a string")
    if value not in TEAMS:
        raise BadValueError(f"Team id '{value}' is not valid.")
    return value


def _team_text(id_: str) -> Described:
    return id_, TEAMS[id_]


def _instant(value: Any, _: IssueState) -> str:
    try:
        return held_datetime(value)
    except (TypeError, ValueError):
        raise BadValueError(f"Error parsing time: {value}") from None


def _url(value: Any, _: IssueState) -> str:
    if not isinstance(value, str) or not re.match(r"[a-z]+://", value):
        raise BadValueError("Not a valid URL")
    return value


def _listed_labels(value: Any, state: IssueState) -> list[str]:
    return [*_labels(value, state)]


def _words(values: list[str]) -> Described:
    return None, " ".join(values)


_TIMES = {"originalEstimate": "timeoriginalestimate", "remainingEstimate": "timeestimate"}


def _time_tracking(value: Any, state: IssueState) -> dict[str, Any]:
    """Estimates; of what is not given the site makes what it thinks is right."""
    if not isinstance(value, dict) or value.keys() - _TIMES.keys():
        raise BadValueError("Operation value must be an object of estimates")
    held = dict(state.time_tracking)
    sent = {name: _minutes(text) for name, text in value.items()}
    if "originalEstimate" in sent and "remainingEstimate" not in sent:
        sent["remainingEstimate"] = sent["originalEstimate"]
    for name, minutes in sent.items():
        held |= {name: f"{minutes}m", f"{name}Seconds": minutes * 60}
    return held


def _minutes(text: Any) -> int:
    parts = re.fullmatch(r"(?:(\d+)h ?)?(?:(\d+)m)?", text) if isinstance(text, str) and text else None
    if parts is None:
        raise BadValueError(f"Time Tracking: '{text}' is not a valid duration.")
    return int(parts[1] or 0) * 60 + int(parts[2] or 0)


def _times_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ChangeItem]:
    found = []
    for name, id_ in _TIMES.items():
        old, new = (str(one.get(f"{name}Seconds", "")) or None for one in (before, after))
        if old != new:
            found.append(ChangeItem(id_, "jira", id_, old, old, new, new))
    return found


def _flag(value: Any, _: IssueState) -> bool:
    if value is None:
        return False
    if not isinstance(value, list):
        raise BadValueError("data was not an array")
    return bool(value)
