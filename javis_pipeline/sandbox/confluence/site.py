"""The state of one Confluence site, and what people and programs can do to it.

Tests, the demo and the sandbox's page call this directly, as a person in the browser would; `routes` puts the REST API
on top. Callers in another thread than the server's hold `ground.lock`.
"""

import re
import uuid
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from javis_pipeline.sandbox.confluence.storage import MalformedStorage, rewrite
from javis_pipeline.sandbox.ground import Ground, Happened
from javis_pipeline.sandbox.people import user_key_of

PageStatus = Literal["current", "draft", "archived", "trashed", "deleted"]

# Archived pages keep their title taken; the bin does not.
_TITLE_HOLDERS: frozenset[PageStatus] = frozenset({"current", "archived"})
_FORBIDDEN_IN_LABEL = frozenset(" ,:;.?&[]()#^*@!\"'\t\n")
_MENTIONED = re.compile(r'ri:account-id="([^"]*)"')
_MAX_BODY_BYTES = 5 * 1024 * 1024
_MAX_TITLE = 255
_MAX_LABEL = 255


class Refused(Exception):
    """The site does not do it: an HTTP status, Confluence's code for it, and its words."""

    def __init__(self, status: int, code: str, title: str, detail: str | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail


@dataclass(frozen=True)
class Version:
    """One published state of a page.

    Its number is its position among the versions that are still there, so it is not kept here.
    """

    title: str
    body: str
    created_at: datetime
    author_id: str
    message: str = ""
    minor_edit: bool = False


@dataclass(frozen=True)
class Label:
    """A word on a page. Labels of the same prefix and name share the id."""

    label_id: str
    prefix: str
    name: str


@dataclass
class Space:
    """A space; its home page is the root of its page tree."""

    space_id: str
    key: str
    name: str
    author_id: str
    created_at: datetime
    homepage_id: str | None = None
    type: str = "global"
    status: str = "current"


@dataclass
class Page:
    """A page with all its versions, oldest first; never without one.

    `readers` are who alone may read it, as account ids and group names; nobody for everybody. Our user always may.
    `properties` are what programs note beside it, by key: the value and the number of its version.
    """

    page_id: str
    space_id: str
    author_id: str
    created_at: datetime
    versions: list[Version]
    status: PageStatus = "current"
    parent_id: str | None = None
    position: int = 0
    owner_id: str | None = None
    labels: list[Label] = field(default_factory=list)
    hidden: bool = False
    readers: list[str] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The number of the current version."""
        return len(self.versions)

    @property
    def latest(self) -> Version:
        return self.versions[-1]

    @property
    def title(self) -> str:
        return self.latest.title

    @property
    def body(self) -> str:
        return self.latest.body

    @property
    def modified_at(self) -> datetime:
        return self.latest.created_at


@dataclass
class Comment:
    """A comment with all its versions, oldest first; `parent_id` is the comment that it answers, `properties` are as
    for a page."""

    comment_id: str
    page_id: str
    versions: list[Version]
    parent_id: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The number of the current version."""
        return len(self.versions)

    @property
    def latest(self) -> Version:
        return self.versions[-1]


@dataclass
class Switches:
    """What differs between sites, or goes wrong on purpose."""

    v1_content_gone: bool = True
    """`/wiki/rest/api/content/{id}` answers 410, as on sites where the old API is switched off."""
    foreign_next_links: bool = False
    """Links to the next batch name another host: a client that follows them sends its credentials away."""
    transient_conflicts: int = 0
    """So many of the next page updates are refused with a 409 that has nothing to do with the version."""
    bin_keeps_titles: bool = False
    """A page in the bin goes on holding its title."""
    read_only_spaces: set[str] = field(default_factory=set)
    """Keys of spaces in which our user may look, and nothing else."""


class Comments:
    """The comments below the pages of a site, as people write them: no versions of pages, and in no list of those."""

    def __init__(self, site: "ConfluenceSite") -> None:
        self._site = site
        self.by_id: dict[str, Comment] = {}

    def add(
        self,
        page_id: str,
        body: str,
        *,
        author_id: str | None = None,
        answers: str | None = None,
        at: datetime | None = None,
    ) -> Comment:
        """A new comment on a page, or an answer to one."""
        version = self._site.version_of(f"Re: {self._site.page(page_id).title}", body, author_id, at=at)
        comment = Comment(self._site.new_id(), page_id, [version], answers)
        self.by_id[comment.comment_id] = comment
        self._site.changes += 1
        return comment

    def edit(self, comment_id: str, body: str, *, author_id: str | None = None) -> Comment:
        """Another text of a comment."""
        comment = self.by_id[comment_id]
        comment.versions.append(self._site.version_of(comment.latest.title, body, author_id))
        self._site.changes += 1
        return comment

    def delete(self, comment_id: str) -> None:
        """A comment is gone for good, with the answers to it."""
        for answer in [one for one in self.by_id.values() if one.parent_id == comment_id]:
            self.delete(answer.comment_id)
        del self.by_id[comment_id]
        self._site.changes += 1

    # The API's side

    def create(self, page_id: str, body: str, *, author_id: str) -> Comment:
        """`POST`: only below pages that are in use."""
        page = self._site.page(page_id)
        if page.status != "current":
            raise Refused(404, "NOT_FOUND", f"No current content found with id : {page_id}")
        self._site.check_permission(page)
        return self.add(page_id, body, author_id=author_id)

    def update(self, comment_id: str, body: str, *, number: int, message: str, author_id: str) -> Comment:
        """`PUT`: version `number` in the place of the one before it, or 409; nobody edits what somebody else wrote."""
        comment = self._of(comment_id, author_id)
        if self._site.switches.transient_conflicts > 0:
            self._site.switches.transient_conflicts -= 1
            raise Refused(409, "CONFLICT", "Could not update the content because of a concurrent request; try again")
        if number != comment.number + 1:
            said = f"Version must be incremented on update. Current version is: {comment.number}"
            raise Refused(409, "CONFLICT", said)
        comment.versions.append(self._site.version_of(comment.latest.title, body, author_id, message))
        self._site.changes += 1
        return comment

    def remove(self, comment_id: str, *, author_id: str) -> None:
        """`DELETE`: gone for good, and only what is one's own."""
        self.delete(self._of(comment_id, author_id).comment_id)

    def _of(self, comment_id: str, author_id: str) -> Comment:
        comment = self.one(comment_id)
        self._site.check_permission(self._site.pages[comment.page_id])
        if comment.versions[0].author_id != author_id:
            raise Refused(403, "FORBIDDEN", "Current user not permitted to change this comment")
        return comment

    def below(self, page_id: str) -> list[Comment]:
        """What is said below a page, without the answers. Raises `Refused` 404 for a page that is not in use."""
        if self._site.page(page_id).status != "current":
            raise Refused(404, "NOT_FOUND", f"No current content found with id : {page_id}")
        return [one for one in self.by_id.values() if one.page_id == page_id and one.parent_id is None]

    def visible(self) -> list[Comment]:
        """Those on current pages that our user may see."""
        pages = {page.page_id for page in self._site.visible_pages(statuses=("current",))}
        return [comment for comment in self.by_id.values() if comment.page_id in pages]

    def one(self, comment_id: str) -> Comment:
        """One that our user may see. Raises `Refused` 404."""
        found = next((one for one in self.visible() if one.comment_id == comment_id), None)
        if found is None:
            raise Refused(404, "NOT_FOUND", f"No content found with id : {comment_id}")
        return found

    def restore(self, state: Iterable[Any]) -> None:
        """Becomes what the site's `state()` described."""
        for row in state:
            self.by_id[row["comment_id"]] = Comment(**{**row, "versions": _restored_versions(row)})


class ConfluenceSite:
    """Spaces, pages, versions and labels of one site. `author_id` None is the person who set the site up."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.changes = 0
        self.switches = Switches()
        self.spaces: dict[str, Space] = {}
        self.pages: dict[str, Page] = {}
        self._labels: dict[tuple[str, str], Label] = {}
        self._random = ground.random("confluence")
        self._last_id = 131_072
        self.comments = Comments(self)

    # People's side: spaces and pages

    def add_space(self, key: str, name: str, *, author_id: str | None = None, at: datetime | None = None) -> Space:
        """A new space with its home page."""
        space = Space(self.new_id(), key, name, self._author(author_id), at or self.ground.clock.now())
        self.spaces[space.space_id] = space
        home = self.create_page(space.space_id, f"{name} Home", "<p>Welcome.</p>", author_id=author_id, at=at)
        space.homepage_id = home.page_id
        return space

    def space(self, key: str) -> Space:
        """The space with this key. Raises `Refused` 404."""
        found = next((space for space in self.spaces.values() if space.key == key), None)
        if found is None:
            raise Refused(404, "NOT_FOUND", f"No space with key : {key}")
        return found

    def page(self, page_id: str) -> Page:
        """The page, whatever its status. Raises `Refused` 404 for what is not there, was purged or is hidden."""
        page = self.pages.get(page_id)
        if page is None or page.hidden:
            raise Refused(404, "NOT_FOUND", f"No content found with id : {page_id}")
        return page

    def create_page(
        self,
        space_id: str,
        title: str,
        body: str,
        *,
        parent_id: str | None = None,
        status: PageStatus = "current",
        author_id: str | None = None,
        at: datetime | None = None,
        labels: Iterable[str] = (),
    ) -> Page:
        """A new page under `parent_id`, or under the space's home page. Raises `Refused` as the API words it."""
        space = self.spaces.get(space_id)
        if space is None:
            raise Refused(404, "NOT_FOUND", f"Space with id {space_id} not found")
        parent_id = parent_id or space.homepage_id
        self._check_parent(parent_id, space_id, page_id=None)
        if title or status != "draft":
            self._check_title(title, space_id, page_id=None, clash_status=400)
        author_id, at = self._author(author_id), at or self.ground.clock.now()
        version = Version(title, self._stored(body), at, author_id)
        page = Page(self.new_id(), space_id, author_id, at, [version], status, parent_id, owner_id=author_id)
        page.position = sum(other.parent_id == parent_id for other in self.pages.values())
        self.pages[page.page_id] = page
        self._changed(page)
        for name in labels:
            self.add_label(page.page_id, name)
        return page

    def edit_page(
        self,
        page_id: str,
        *,
        title: str | None = None,
        body: str | None = None,
        author_id: str | None = None,
        message: str = "",
        at: datetime | None = None,
    ) -> Page:
        """A person saves the page in the browser: a new version on top of whatever is there."""
        page = self.page(page_id)
        if page.status == "archived":
            raise Refused(400, "INVALID_REQUEST_PARAMETER", "Archived content cannot be edited")
        title = page.title if title is None else title
        self._check_title(title, page.space_id, page_id=page_id, clash_status=400)
        stored = page.body if body is None else self._stored(body)
        page.versions.append(Version(title, stored, at or self.ground.clock.now(), self._author(author_id), message))
        self._changed(page)
        return page

    def move_page(self, page_id: str, parent_id: str | None) -> Page:
        """The page under another parent of its space (None: the root). A move is not a new version."""
        page = self.page(page_id)
        self._check_parent(parent_id, page.space_id, page_id=page_id)
        page.parent_id = parent_id
        self._changed(page)
        return page

    def restrict_page(self, page_id: str, *readers: str) -> None:
        """Let only these people and groups read a page, and what lies below it; nobody for all. No new version."""
        self.page(page_id).readers = list(readers)
        self.changes += 1

    def trash_page(self, page_id: str) -> Page:
        """Into the bin. Its children move up to its parent, as in Confluence."""
        page = self.page(page_id)
        for child in (each for each in self.pages.values() if each.parent_id == page_id):
            child.parent_id = page.parent_id
        page.status = "trashed"
        self._changed(page)
        return page

    def restore_page(self, page_id: str) -> Page:
        """Out of the bin or the archive, if its title is still free."""
        page = self.page(page_id)
        self._check_title(page.title, page.space_id, page_id=page_id, clash_status=400)
        page.status = "current"
        self._changed(page)
        return page

    def archive_page(self, page_id: str) -> Page:
        page = self.page(page_id)
        page.status = "archived"
        self._changed(page)
        return page

    def purge_page(self, page_id: str) -> None:
        """Out of the bin for ever."""
        if self.page(page_id).status != "trashed":
            raise Refused(400, "INVALID_REQUEST_PARAMETER", "Only content in the trash can be purged")
        del self.pages[page_id]
        self.changes += 1

    def hide_page(self, page_id: str, *, hidden: bool = True) -> None:
        """A view restriction that leaves our user out (or in again): to us the page is not there."""
        self.pages[page_id].hidden = hidden
        self.changes += 1

    def delete_version(self, page_id: str, number: int) -> Page:
        """One version of the history gone; the later ones are renumbered. The current version cannot go."""
        page = self.page(page_id)
        if not 1 <= number < page.number:
            raise Refused(400, "INVALID_REQUEST_PARAMETER", f"Version {number} of content {page_id} cannot be deleted")
        del page.versions[number - 1]
        self._changed(page)
        return page

    def _changed(self, page: Page) -> None:
        self.changes += 1
        self.ground.tell(Happened("confluence", "updated", page.page_id, self.spaces[page.space_id].key))

    # The API's side: updates under compare-and-swap

    def update_page(
        self,
        page_id: str,
        *,
        number: int,
        title: str,
        body: str,
        status: PageStatus = "current",
        message: str = "",
        parent_id: str | None = None,
        author_id: str | None = None,
    ) -> Page:
        """`PUT /pages/{id}`: version `number` in the place of the one before it, or 409.

        On a page in the bin only the status changes. A draft that is published keeps version 1.
        """
        page = self.page(page_id)
        self.check_permission(page)
        if status not in {"current", page.status}:
            raise Refused(400, "INVALID_REQUEST_PARAMETER", f"A {page.status} page cannot become {status} here")
        if self.switches.transient_conflicts > 0:
            self.switches.transient_conflicts -= 1
            raise Refused(409, "CONFLICT", "Could not update the content because of a concurrent request; try again")
        if page.status == "trashed" and status == "current":
            return self.restore_page(page_id)
        if page.status == "archived":
            raise Refused(400, "INVALID_REQUEST_PARAMETER", "Archived content cannot be edited")
        expected = 1 if page.status == "draft" else page.number + 1
        if number != expected:
            raise Refused(409, "CONFLICT", f"Version must be incremented on update. Current version is: {page.number}")
        self._check_title(title, page.space_id, page_id=page_id, clash_status=409)
        version = Version(title, self._stored(body), self.ground.clock.now(), self._author(author_id), message)
        if parent_id is not None:
            self.move_page(page_id, parent_id)
        if page.status == "draft":
            page.versions[-1] = version
        else:
            page.versions.append(version)
        page.status = status
        self._changed(page)
        return page

    def note(self, content: Page | Comment, key: str, value: object) -> str:
        """Something that a program notes beside a page or a comment, under a key that has nothing yet."""
        if key in content.properties:
            raise Refused(409, "CONFLICT", f"Property with key {key} exists already")
        content.properties[key] = [value, 1]
        return key

    # Labels: no new version, nothing that a search by modified date would find

    def add_label(self, page_id: str, name: str, *, prefix: str = "global") -> Label:
        """The label on the page; adding a present one changes nothing. Confluence keeps names in lower case."""
        page, name = self.page(page_id), name.lower()
        if not name or len(name) > _MAX_LABEL or _FORBIDDEN_IN_LABEL & set(name):
            raise Refused(400, "INVALID_REQUEST_PARAMETER", f"The label '{name}' contains invalid characters")
        label = self._labels.get((prefix, name))
        if label is None:
            label = self._labels[prefix, name] = Label(self.new_id(), prefix, name)
        if label not in page.labels:
            page.labels.append(label)
            self._changed(page)
        return label

    def remove_label(self, page_id: str, name: str) -> None:
        """The label off the page, whatever its prefix; removing an absent one changes nothing."""
        page = self.page(page_id)
        page.labels = [label for label in page.labels if label.name != name.lower()]
        self._changed(page)

    # Reading

    def visible_pages(self, *, statuses: Collection[str], space_ids: Collection[str] = ()) -> list[Page]:
        """Pages our user may see, in no particular order. No `space_ids`: of every space."""
        return [
            page
            for page in self.pages.values()
            if page.status in statuses and not page.hidden and (not space_ids or page.space_id in space_ids)
        ]

    def children(self, page_id: str) -> list[Page]:
        """Direct children in their order, without what is hidden or in the bin."""
        found = [page for page in self.visible_pages(statuses=_TITLE_HOLDERS) if page.parent_id == page_id]
        return sorted(found, key=lambda page: (page.position, int(page.page_id)))

    def ancestors(self, page_id: str) -> list[Page]:
        """From the root of the tree down to the parent."""
        above: list[Page] = []
        parent_id = self.page(page_id).parent_id
        while parent_id is not None and parent_id in self.pages:
            above.append(self.pages[parent_id])
            parent_id = above[-1].parent_id
        return above[::-1]

    # Keeping a site between runs of the sandbox

    def state(self) -> object:
        """Everything the service knows, as something JSON can hold."""
        return {
            "last_id": self._last_id,
            "spaces": [asdict(space) for space in self.spaces.values()],
            "pages": [asdict(page) for page in self.pages.values()],
            "comments": [asdict(comment) for comment in self.comments.by_id.values()],
        }

    def restore(self, state: Any) -> None:
        """Becomes what `state()` described; the site was empty before."""
        self._last_id = state["last_id"]
        for row in state["spaces"]:
            self.spaces[row["space_id"]] = Space(**{**row, "created_at": datetime.fromisoformat(row["created_at"])})
        for row in state["pages"]:
            page = self.pages[row["page_id"]] = _restored_page(row)
            self._labels.update({(label.prefix, label.name): label for label in page.labels})
        self.comments.restore(state.get("comments", []))

    # What every write checks

    def check_permission(self, page: Page) -> None:
        """Raise `Refused` 403 where our user may only look."""
        if self.spaces[page.space_id].key in self.switches.read_only_spaces:
            raise Refused(403, "FORBIDDEN", "Current user not permitted to edit this content")

    def _check_title(self, title: str, space_id: str, *, page_id: str | None, clash_status: int) -> None:
        if not title.strip() or len(title) > _MAX_TITLE:
            raise Refused(400, "INVALID_REQUEST_PARAMETER", f"Title must have 1 to {_MAX_TITLE} characters")
        holders = _TITLE_HOLDERS | ({"trashed"} if self.switches.bin_keeps_titles else frozenset())
        for other in self.pages.values():
            same_place = other.space_id == space_id and other.status in holders and other.page_id != page_id
            if same_place and other.title.casefold() == title.casefold():
                raise Refused(
                    clash_status,
                    "CONFLICT" if clash_status == 409 else "INVALID_REQUEST_PARAMETER",
                    "A page with this title already exists: A page already exists with the same TITLE in this space",
                )

    def _check_parent(self, parent_id: str | None, space_id: str, *, page_id: str | None) -> None:
        if parent_id is None:
            return
        parent = self.pages.get(parent_id)
        if parent is None or parent.hidden or parent.status not in _TITLE_HOLDERS:
            raise Refused(404, "NOT_FOUND", f"Parent content with id {parent_id} not found")
        if parent.space_id != space_id:
            raise Refused(400, "INVALID_REQUEST_PARAMETER", "The parent must be in the same space as the page")
        lineage = [parent_id, *(page.page_id for page in self.ancestors(parent_id))]
        if page_id is not None and page_id in lineage:
            raise Refused(400, "INVALID_REQUEST_PARAMETER", "A page cannot be moved under itself")

    def _stored(self, body: str) -> str:
        if len(body.encode()) > _MAX_BODY_BYTES:
            raise Refused(413, "PAYLOAD_TOO_LARGE", "The body is larger than 5 MB")
        try:
            return rewrite(self._with_user_keys(body), new_id=self._new_uuid)
        except MalformedStorage as error:
            raise Refused(400, "INVALID_REQUEST_PARAMETER", str(error)) from error

    def _with_user_keys(self, body: str) -> str:
        """On a company's own site texts name people by their keys there."""
        if self.ground.edition == "cloud":
            return body
        return _MENTIONED.sub(lambda found: f'ri:userkey="{user_key_of(found[1])}"', body)

    def _author(self, account_id: str | None) -> str:
        return account_id or self.ground.people.named("Site Administrator").account_id

    def version_of(
        self, title: str, body: str, author_id: str | None, message: str = "", *, at: datetime | None = None
    ) -> Version:
        """A version that somebody saves, now where nothing else is said."""
        return Version(title, self._stored(body), at or self.ground.clock.now(), self._author(author_id), message)

    def new_id(self) -> str:
        """An id that nothing has."""
        self._last_id += 1
        return str(self._last_id)

    def _new_uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))


def _restored_page(row: dict[str, Any]) -> Page:
    versions = _restored_versions(row)
    labels = [Label(**label) for label in row["labels"]]
    created_at = datetime.fromisoformat(row["created_at"])
    return Page(**{**row, "versions": versions, "labels": labels, "created_at": created_at})


def _restored_versions(row: dict[str, Any]) -> list[Version]:
    return [Version(**{**v, "created_at": datetime.fromisoformat(v["created_at"])}) for v in row["versions"]]
