"""What hangs on an issue: links, comments, worklogs, attachments."""

from collections.abc import Callable
from functools import partial
from typing import Literal, TypeVar

from javis_pipeline.clients.reading import (
    Json,
    as_id,
    as_id_or_none,
    as_instant,
    as_instant_or_none,
    as_list,
    as_number,
    as_object,
    as_text,
    as_text_or_none,
)
from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.jira import Attachment, Comment, Link, User, Worklog
from javis_pipeline.systems.jira.wire.people import account_of
from javis_pipeline.systems.jira.wire.plain import as_rich_text

T = TypeVar("T")


def links_in(fields: Json) -> list[Link] | Missing:
    """Links to other issues, as far as the account sees the other end."""
    if "issuelinks" not in fields:
        return MISSING
    found = [as_object(one, "fields.issuelinks") for one in as_list(fields["issuelinks"] or [], "fields.issuelinks")]
    # One that leads to what the account may not see has no other end.
    return [_link(one) for one in found if one.get("outwardIssue") is not None or one.get("inwardIssue") is not None]


def _link(link: Json) -> Link:
    path = f"fields.issuelinks[{link.get('id')}]"
    direction: Literal["outward", "inward"] = "inward" if link.get("outwardIssue") is None else "outward"
    back = "outward" if direction == "inward" else "inward"
    other = as_object(link.get(f"{direction}Issue"), f"{path}.{direction}Issue")
    kind = as_object(link.get("type"), f"{path}.type")
    name = as_text(kind.get("name"), f"{path}.type.name")
    return Link(
        link_id=as_id(link.get("id"), f"{path}.id"),
        type=name,
        direction=direction,
        label=as_text_or_none(kind.get(direction), f"{path}.type.{direction}") or name,
        back_label=as_text_or_none(kind.get(back), f"{path}.type.{back}") or name,
        other_id=as_id_or_none(other.get("id"), f"{path}.{direction}Issue.id"),
        other_key=as_id(other.get("key"), f"{path}.{direction}Issue.key"),
    )


def comments_in(fields: Json, users: dict[str, User]) -> tuple[list[Comment] | Missing, int]:
    """The comments that came with the issue, and how many it has."""
    return _list_in(fields, "comment", "comments", partial(comment_of, users=users))


def comment_of(value: object, users: dict[str, User]) -> Comment:
    """A comment, of an issue or by itself."""
    comment = as_object(value, "comment")
    path = f"comment[{comment.get('id')}]"
    return Comment(
        comment_id=as_id(comment.get("id"), f"{path}.id"),
        author_id=account_of(comment.get("author"), f"{path}.author", users),
        body=as_rich_text(comment.get("body"), f"{path}.body"),
        created_at=as_instant(comment.get("created"), f"{path}.created"),
        updated_at=as_instant_or_none(comment.get("updated"), f"{path}.updated"),
        restriction=_restriction(comment, path),
    )


def worklogs_in(fields: Json, users: dict[str, User]) -> tuple[list[Worklog] | Missing, int]:
    """The worklogs that came with the issue, and how many it has."""
    return _list_in(fields, "worklog", "worklogs", partial(worklog_of, users=users))


def worklog_of(value: object, users: dict[str, User]) -> Worklog:
    """A worklog, of an issue or by itself."""
    worklog = as_object(value, "worklog")
    path = f"worklog[{worklog.get('id')}]"
    return Worklog(
        worklog_id=as_id(worklog.get("id"), f"{path}.id"),
        author_id=account_of(worklog.get("author"), f"{path}.author", users),
        started_at=as_instant(worklog.get("started"), f"{path}.started"),
        seconds=as_number(worklog.get("timeSpentSeconds"), f"{path}.timeSpentSeconds"),
        comment=as_rich_text(worklog.get("comment"), f"{path}.comment"),
        created_at=as_instant_or_none(worklog.get("created"), f"{path}.created"),
        updated_at=as_instant_or_none(worklog.get("updated"), f"{path}.updated"),
        restriction=_restriction(worklog, path),
    )


def attachments_in(fields: Json, users: dict[str, User]) -> list[Attachment] | Missing:
    """The files that hang on the issue: all of them come with it."""
    if "attachment" not in fields:
        return MISSING
    return [_attachment(one, users) for one in as_list(fields["attachment"] or [], "fields.attachment")]


def _attachment(value: object, users: dict[str, User]) -> Attachment:
    attachment = as_object(value, "fields.attachment")
    path = f"fields.attachment[{attachment.get('id')}]"
    return Attachment(
        attachment_id=as_id(attachment.get("id"), f"{path}.id"),
        author_id=account_of(attachment.get("author"), f"{path}.author", users),
        name=as_text(attachment.get("filename"), f"{path}.filename"),
        mime_type=as_text_or_none(attachment.get("mimeType"), f"{path}.mimeType"),
        size=as_number(attachment.get("size"), f"{path}.size"),
        created_at=as_instant(attachment.get("created"), f"{path}.created"),
    )


def _list_in(fields: Json, name: str, items: str, read: Callable[[object], T]) -> tuple[list[T] | Missing, int]:
    """What came of a list that can be cut off, and how long the whole of it is."""
    value = fields.get(name, MISSING)
    if value is MISSING:
        return MISSING, 0
    batch = as_object(value, f"fields.{name}") if value is not None else {}
    found = as_list(batch.get(items) or [], f"fields.{name}.{items}")
    total = batch.get("total")
    return [read(one) for one in found], total if type(total) is int else len(found)


def _restriction(entry: Json, path: str) -> str | None:
    """Who alone may read a comment or worklog: "role:NAME", "group:NAME" or "internal"; None for everybody.

    A service project hides internal comments from customers by `jsdPublic`.
    """
    visibility = entry.get("visibility")
    if visibility:
        seen_by = as_object(visibility, f"{path}.visibility")
        return f"{seen_by.get('type') or 'some'}:{seen_by.get('value') or seen_by.get('identifier') or 'unnamed'}"
    return "internal" if entry.get("jsdPublic") is False else None
