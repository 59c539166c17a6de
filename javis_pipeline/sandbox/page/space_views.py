"""Confluence on the page: the page tree of a space, and one page with a form to edit it."""

from collections.abc import Mapping
from datetime import datetime
from html import escape

from javis_pipeline.sandbox.confluence.site import Comment, ConfluenceSite, Page, Space
from javis_pipeline.sandbox.page.layout import empty, when
from javis_pipeline.sandbox.page.links import page_url, space_url
from javis_pipeline.sandbox.page.markup import Html, el, join, void
from javis_pipeline.sandbox.page.storage_view import storage_html

_STATUSES = ("current", "draft", "archived", "trashed")


def space_view(site: ConfluenceSite, space: Space, *, now: datetime) -> Html:
    """The pages of a space as a tree, and below it those that are not current."""
    pages = site.visible_pages(statuses=_STATUSES, space_ids=(space.space_id,))
    others = [page for page in pages if page.status != "current"]
    below: dict[str | None, list[Page]] = {}
    for page in sorted(pages, key=lambda page: (page.position, int(page.page_id))):
        if page.status == "current":
            below.setdefault(page.parent_id, []).append(page)
    tree = [_branch(space, page, below, now) for page in below.get(None, [])]
    aside = [_line(space, page, now) for page in others]
    return join(
        el("h1", space.name),
        el("ul", *tree, class_="tree") if tree else empty("This space has no pages yet."),
        el("section", el("h2", "Drafts, archive and bin"), el("ul", *aside, class_="tree")) if aside else None,
    )


def page_view(site: ConfluenceSite, page: Page, *, now: datetime, tried: Mapping[str, str] | None = None) -> Html:
    """One page; `tried` are the values of a form that was refused."""
    space = site.spaces[page.space_id]
    name = _name_of(site, page.latest.author_id)
    above = [el("a", each.title, href=page_url(space.key, each.page_id)) for each in site.ancestors(page.page_id)]
    path = join(el("a", space.key, href=space_url(space.key)), *above, by=" / ")
    about = join(
        f"Version {page.number} by {name}, ",
        when(page.modified_at, now),
        None if page.status == "current" else join(" ", el("span", page.status, class_="badge")),
        *(join(" ", el("span", label.name, class_="label")) for label in page.labels),
    )
    return join(
        el("p", path, class_="path"),
        el("h1", page.title),
        el("p", about, class_="quiet"),
        el("section", storage_html(page.body, name_of=lambda id_: _name_of(site, id_)), class_="rich"),
        el("section", el("h2", "Comments"), _comments(site, page, now)),
        el("section", el("h2", "Edit as a person in Confluence would"), _form(page, space, tried)),
        el("section", el("h2", "Versions"), _versions(site, page, now)),
    )


def save_page(site: ConfluenceSite, page_id: str, form: Mapping[str, str], *, person: str) -> None:
    """What the form of `page_view` asks for; no new version when nothing differs. Raises `Refused`."""
    page, author = site.page(page_id), site.ground.people.named(person).account_id
    title, body = form.get("title", page.title).strip(), form.get("body", page.body).replace("\r\n", "\n")
    if (title, body) != (page.title, page.body):
        site.edit_page(page_id, title=title, body=body, author_id=author, message=form.get("message", "").strip())
    if said := form.get("comment", "").strip():
        site.comments.add(page_id, f"<p>{escape(said)}</p>", author_id=author)
    wanted = {word.lower() for word in form["labels"].split()} if "labels" in form else {x.name for x in page.labels}
    present = {label.name for label in page.labels}
    for name in sorted(present - wanted):
        site.remove_label(page_id, name)
    for name in sorted(wanted - present):
        site.add_label(page_id, name)


def _branch(space: Space, page: Page, below: Mapping[str | None, list[Page]], now: datetime) -> Html:
    children = [_branch(space, child, below, now) for child in below.get(page.page_id, [])]
    return join(_line(space, page, now), el("li", el("ul", *children)) if children else None)


def _line(space: Space, page: Page, now: datetime) -> Html:
    status = None if page.status == "current" else join(" ", el("span", page.status, class_="badge"))
    link = el("a", page.title, href=page_url(space.key, page.page_id))
    return el("li", link, status, " ", el("span", when(page.modified_at, now), class_="quiet"))


def _form(page: Page, space: Space, tried: Mapping[str, str] | None) -> Html:
    shown = {"title": page.title, "body": page.body, "labels": " ".join(label.name for label in page.labels)}
    values = shown | dict(tried or {})
    return el(
        "form",
        el(
            "label",
            el("span", "Title"),
            void("input", name="title", value=values["title"], required=True),
            class_="wide",
        ),
        # HTML drops a line feed right after the start tag: one of ours goes before the body's own.
        el(
            "label",
            el("span", "Body (storage format)"),
            el("textarea", "\n", values["body"], name="body", rows="14", spellcheck="false"),
            class_="wide",
        ),
        el("label", el("span", "Labels"), void("input", name="labels", value=values["labels"]), class_="wide"),
        el("label", el("span", "What changed"), void("input", name="message", value=values.get("message", ""))),
        el(
            "label",
            el("span", "Comment"),
            void("input", name="comment", value=values.get("comment", "")),
            class_="wide",
        ),
        el("button", "Save", class_="button primary"),
        method="post",
        action=page_url(space.key, page.page_id),
        class_="edit",
    )


def _comments(site: ConfluenceSite, page: Page, now: datetime) -> Html:
    below: dict[str | None, list[Comment]] = {}
    for comment in site.comments.by_id.values():
        if comment.page_id == page.page_id:
            below.setdefault(comment.parent_id, []).append(comment)
    shown = [_comment(site, comment, below, now) for comment in below.get(None, [])]
    return el("ul", *shown, class_="tree") if shown else empty("Nobody has said anything yet.")


def _comment(site: ConfluenceSite, comment: Comment, below: Mapping[str | None, list[Comment]], now: datetime) -> Html:
    first, answers = comment.versions[0], below.get(comment.comment_id, [])
    return el(
        "li",
        el("p", el("strong", _name_of(site, first.author_id)), " ", when(first.created_at, now), class_="quiet"),
        el("div", storage_html(comment.latest.body, name_of=lambda id_: _name_of(site, id_)), class_="rich"),
        el("ul", *(_comment(site, answer, below, now) for answer in answers), class_="tree") if answers else None,
    )


def _versions(site: ConfluenceSite, page: Page, now: datetime) -> Html:
    rows = [
        el("li", el("strong", f"{number}"), f" {_name_of(site, version.author_id)} ", when(version.created_at, now),
           f" {version.message}" if version.message else None)
        for number, version in reversed(list(enumerate(page.versions, 1)))
    ]  # fmt: skip
    return el("ul", *rows, class_="history")


def _name_of(site: ConfluenceSite, account_id: str) -> str:
    person = site.ground.people.get(account_id)
    return person.name if person else "Former user"
