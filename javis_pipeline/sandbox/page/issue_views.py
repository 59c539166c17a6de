"""Jira on the page: the issues of a project, and one issue with a form to edit it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from javis_pipeline.sandbox.jira.editing import InvalidEditError
from javis_pipeline.sandbox.jira.issues import Change, Issue
from javis_pipeline.sandbox.jira.site import JiraSite
from javis_pipeline.sandbox.page.adf_view import adf_html
from javis_pipeline.sandbox.page.layout import empty, when
from javis_pipeline.sandbox.page.links import issue_url, project_url
from javis_pipeline.sandbox.page.markup import Html, el, join, void

SHOWN = 100
CHANGES_SHOWN = 30
EDITED = ("title", "labels", "priority", "assignee", "due_date")


def project_view(jira: JiraSite, key: str, *, words: str, number: int, now: datetime) -> Html:
    """The issues of a project, last changed first.

    Args:
        words: Only issues that have these words in key, title, status or assignee; empty for all.
        number: Which hundred of them, from 1.
    """
    issues = [jira.issues[id_] for id_ in jira.ids_by_project.get(key, ())]
    rows = [row for row in (_Row(jira, issue) for issue in issues) if row.has(words) and jira.is_visible(row.issue)]
    rows.sort(key=lambda row: row.issue.state.updated, reverse=True)
    shown = rows[(number - 1) * SHOWN : number * SHOWN]
    search = el(
        "form",
        void("input", type="search", name="q", value=words, placeholder="Key, title, status or person"),
        el("button", "Find", class_="button"),
        class_="search",
        action=project_url(key),
    )
    count = el("p", f"{len(rows)} issues", class_="quiet")
    table = el("div", *(row.html(now) for row in shown), class_="rows") if shown else _nothing(words)
    return join(el("h1", jira.projects[key].name), search, count, table, _more(key, words, number, len(rows)))


def issue_view(jira: JiraSite, issue: Issue, *, now: datetime, tried: Mapping[str, str] | None = None) -> Html:
    """One issue; `tried` are the values of a form that was refused."""
    state = issue.state
    path = join(el("a", state.project, href=project_url(state.project)), " / ", state.key)
    comments = [
        el(
            "li",
            el("strong", _name(jira, each.author)),
            " ",
            when(each.created, now),
            adf_html(jira.rich_text(each.body)),
        )
        for each in jira.comments(issue)
    ]
    return join(
        el("p", path, class_="path"),
        el("h1", state.summary or "(no title)"),
        _facts(jira, issue, now),
        el("section", el("h2", "Edit as a person in Jira would"), _form(jira, issue, tried)),
        el("section", el("h2", "Description"), adf_html(jira.rich_text(state.description)), class_="rich"),
        el(
            "section",
            el("h2", "Comments"),
            el("ul", *comments, class_="talk") if comments else _none("No comments yet."),
        ),
        el("section", el("h2", "History"), _history(jira, issue.history, now)),
    )


def save_issue(jira: JiraSite, key: str, form: Mapping[str, str], *, person: str) -> None:
    """What the form of `issue_view` asks for; only fields that it holds and that differ.

    Raises:
        InvalidEditError: A value is refused; fields before the status may be saved already.
    """
    issue = jira.find(key)
    if issue is None:
        raise InvalidEditError(f"There is no issue {key}.")
    before = _values(jira, issue)
    changed = {name: form[name].strip() for name in EDITED if name in form and form[name].strip() != before[name]}
    values: dict[str, Any] = {name: value or None for name, value in changed.items()}
    if "labels" in values:
        values["labels"] = changed["labels"].split()
    jira.edit(key, by=person, **values)
    if form.get("status", before["status"]) != before["status"]:
        jira.transition(key, form["status"], by=person)
    if form.get("comment", "").strip():
        jira.comment(key, form["comment"].strip(), by=person)


class _Row:
    """One line of the list."""

    def __init__(self, jira: JiraSite, issue: Issue) -> None:
        self.issue = issue
        self._status = jira.statuses[issue.state.status_id]
        self._assignee = _name(jira, issue.state.assignee) if issue.state.assignee else "Nobody"
        priority = jira.priorities.get(issue.state.priority_id)
        self._priority = priority.name if priority else ""
        self._type = jira.types[issue.state.type_id].name

    def has(self, words: str) -> bool:
        """Whether all words are in it."""
        state = self.issue.state
        text = f"{state.key} {state.summary} {self._status.name} {self._assignee} {self._type} {' '.join(state.labels)}"
        return all(word in text.casefold() for word in words.casefold().split())

    def html(self, now: datetime) -> Html:
        state = self.issue.state
        late = state.due is not None and state.due < now.date() and self._status.category != "done"
        due = el("span", f"due {state.due:%d %b}", class_="late" if late else "quiet") if state.due else None
        about = [self._assignee, self._priority or None, due, when(state.updated, now)]
        words = el(
            "div",
            el("span", f"{self._type} {state.key}", class_="key"),
            el("span", state.summary or "(no title)", class_="title"),
            el("span", join(*filter(None, about), by=" · "), class_="quiet"),
        )
        badge = el("span", self._status.name, class_=f"badge {self._status.category}")
        return el("a", words, badge, href=issue_url(state.key), class_="row")


def _nothing(words: str) -> Html:
    if words:
        return empty("Nothing found.", "Search for fewer words.")
    return empty("This project has no issues yet.", "They appear here when somebody creates one over the API.")


def _more(key: str, words: str, number: int, count: int) -> Html | None:
    if count <= number * SHOWN:
        return None
    fields = {"q": words, "number": str(number + 1)}
    inputs = [void("input", type="hidden", name=name, value=value) for name, value in fields.items()]
    return el("form", *inputs, el("button", "Next hundred", class_="button"), action=project_url(key))


def _facts(jira: JiraSite, issue: Issue, now: datetime) -> Html:
    state = issue.state
    status = jira.statuses[state.status_id]
    sprints = ", ".join(jira.sprints[str(number)].name for number in state.sprint_ids)
    parent = jira.issues.get(state.parent_id or 0)
    facts: list[tuple[str, Html | str | None]] = [
        ("Status", el("span", status.name, class_=f"badge {status.category}")),
        ("Type", jira.types[state.type_id].name),
        ("Assignee", _name(jira, state.assignee) if state.assignee else "Nobody"),
        ("Reporter", _name(jira, state.reporter)),
        ("Sprint", sprints or None),
        ("Points", f"{state.story_points:g}" if state.story_points is not None else None),
        ("Parent", el("a", parent.state.key, href=issue_url(parent.state.key)) if parent else None),
        ("Links", _links(jira, issue)),
        ("Changed", when(state.updated, now)),
    ]
    return el("dl", *(el("div", el("dt", name), el("dd", value)) for name, value in facts if value), class_="facts")


def _links(jira: JiraSite, issue: Issue) -> Html | None:
    shown = []
    for link in issue.links:
        kind = jira.link_types[link.type_id]
        outward = link.source == issue.id
        other = jira.issues.get(link.destination if outward else link.source)
        if other is not None:
            words = kind.outward if outward else kind.inward
            shown.append(join(f"{words} ", el("a", other.state.key, href=issue_url(other.state.key))))
    return join(*shown, by=", ") if shown else None


def _values(jira: JiraSite, issue: Issue) -> dict[str, str]:
    """The editable values as the form shows them."""
    state = issue.state
    priority = jira.priorities.get(state.priority_id)
    return {
        "title": state.summary or "",
        "status": jira.statuses[state.status_id].name,
        "labels": " ".join(state.labels),
        "priority": priority.name if priority else "",
        "assignee": state.assignee or "",
        "due_date": state.due.isoformat() if state.due else "",
    }


def _form(jira: JiraSite, issue: Issue, tried: Mapping[str, str] | None) -> Html:
    values = _values(jira, issue) | dict(tried or {})
    now = jira.statuses[issue.state.status_id].name
    reachable = [jira.statuses[way.to].name for way in jira.workflow(issue) if way.starts_from(issue.state.status_id)]
    people = [(person.account_id, person.name) for person in jira.ground.people.all() if person.active]
    return el(
        "form",
        _input("Title", "title", values["title"], wide=True, required=True),
        _select("Status", "status", values["status"], [(name, name) for name in dict.fromkeys([now, *reachable])]),
        _select("Priority", "priority", values["priority"], [(each.name, each.name) for each in jira.priorities]),
        _select("Assignee", "assignee", values["assignee"], [("", "Nobody"), *people]),
        _input("Due", "due_date", values["due_date"], kind="date"),
        _input("Labels, with blanks between", "labels", values["labels"], wide=True),
        _input("Comment", "comment", values.get("comment", ""), wide=True),
        el("button", "Save", class_="button primary"),
        method="post",
        action=issue_url(issue.state.key),
        class_="edit",
    )


def _input(
    label: str, name: str, value: str, *, kind: str = "text", wide: bool = False, required: bool = False
) -> Html:
    field = void("input", type=kind, name=name, value=value, required=required)
    return el("label", el("span", label), field, class_="wide" if wide else None)


def _select(label: str, name: str, value: str, options: list[tuple[str, str]]) -> Html:
    shown = [el("option", text, value=each, selected=each == value) for each, text in options]
    return el("label", el("span", label), el("select", *shown, name=name))


def _history(jira: JiraSite, changes: list[Change], now: datetime) -> Html:
    if not changes:
        return _none("Nothing changed since it was created.")
    rows = [
        el(
            "li",
            el("strong", _name(jira, change.author)),
            f" {item.field}: {_short(item.from_text)} → {_short(item.to_text)} ",
            when(change.created, now),
        )
        for change in reversed(changes[-CHANGES_SHOWN:])
        for item in change.items
    ]
    return el("ul", *rows, class_="history")


def _none(text: str) -> Html:
    return el("p", text, class_="empty")


def _short(text: str | None) -> str:
    if not text:
        return "—"
    return text if len(text) <= 60 else f"{text[:59]}…"


def _name(jira: JiraSite, account_id: str | None) -> str:
    person = jira.ground.people.get(account_id or "")
    return person.name if person else "Former user"
