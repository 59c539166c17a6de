"""Random histories of a Confluence space: as those of issues, but a write names the version that it follows."""

import contextlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta

from javis_pipeline.errors import StaleRevision
from javis_pipeline.records.confluence import PageVersion
from javis_pipeline.records.sync import NOT_OURS, FieldChange, Operation, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef, Value, as_set
from javis_pipeline.sync.fields import Field, Kind
from javis_pipeline.systems.confluence.kind import CONFLUENCE_PAGE
from javis_pipeline.systems.confluence.records import version_changes
from javis_pipeline_tests.property.sync_histories import WORDS, History, Seen, Site
from javis_pipeline_tests.property.sync_memory import (
    OUR_ACCOUNT,
    Books,
    Issue,
    MemoryRemote,
    MemoryStore,
    World,
    local_of,
)

_PARAGRAPH = re.compile(r"<p[^>]*>.*?</p>")


class PageStore(MemoryStore):
    """`SyncStore` of a space."""

    name = "confluence ENG"
    fields: Mapping[str, Field] = CONFLUENCE_PAGE.fields
    revision_column = "version_created_at"


class PageRemote(MemoryRemote):
    """`RemoteRecords` of a space, as awkward as Confluence: it compares versions, hands out ids, and loses replies.

    A page is kept as an issue is; `versions` and `read_only` are what it has more, by page id.
    """

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.versions: dict[str, list[PageVersion]] = {}
        self.read_only: dict[str, str] = {}
        self._followed: dict[object, int | None] = {}
        self._shown: dict[object, Mapping[str, Collection[str]]] = {}

    def create(self, number: int, **values: Value) -> ResourceRef:
        page_id = str(10_000 + number)
        ref = ResourceRef(resource_type="confluence_page", resource_id=page_id, scope="ENG", key=page_id)
        raw = {name: self._respelled(name, values[name]) for name in CONFLUENCE_PAGE.fields}
        self.issues[page_id] = Issue(ref, raw, self.world.now())
        self._save(self.issues[page_id], "u1", "")
        return ref

    # what people do

    def edit(self, resource_id: str, name: str, value: Value, *, author: str = "u1") -> None:
        page = self.issues[resource_id]
        if self._put(page, name, value, None) and name != "labels" and name != "parent_id":
            self._save(page, author, "")

    def _put(self, page: Issue, name: str, raw: Value, op: Operation | None) -> bool:
        raw, old, codec = self._respelled(name, raw), page.values[name], CONFLUENCE_PAGE.fields[name].codec
        if codec.canonical(old) == codec.canonical(raw):
            return False
        self.observe(page, name, old, op)
        page.values[name] = raw
        return True

    def _save(self, page: Issue, author: str, message: str) -> None:
        versions = self.versions.setdefault(page.ref.resource_id, [])
        page.updated = max(page.updated, self.world.now())
        if versions and page.updated <= versions[-1].created_at:
            page.updated = versions[-1].created_at + timedelta(milliseconds=1)
        versions.append(PageVersion(len(versions) + 1, page.updated, author, message))

    @staticmethod
    def _respelled(name: str, raw: Value) -> Value:
        if name == "title":
            return str(raw).strip()
        if name == "labels" and isinstance(raw, tuple):
            return as_set(label.lower() for label in raw)
        if name != "body_storage":
            return raw
        numbered = iter(range(1_000))
        return re.sub(r"<p>", lambda _: f'<p local-id="{next(numbered)}">', str(raw))

    # the port

    most_together = 1

    def fetch(self, ref: ResourceRef, *, moves: bool = False) -> RemoteRecord:
        self.world.point("fetch")
        page = self._issue(ref)
        latest = self.versions[ref.resource_id][-1]
        op_id = next(version_changes(latest)).op_id
        return RemoteRecord(
            ref=page.ref,
            values=dict(page.values),
            facts={"version_created_at": page.updated},
            revision=page.updated,
            version=latest.number,
            marker=None if op_id == NOT_OURS else op_id,
            read_only=self.read_only.get(ref.resource_id),
        )

    def history(self, ref: ResourceRef) -> Sequence[FieldChange]:
        self.world.point("history")
        self._issue(ref)
        return [change for version in self.versions[ref.resource_id] for change in version_changes(version)]

    def send(self, op: Operation, current: RemoteRecord) -> Reply:
        self._followed[op.op_id] = current.version
        super().send(op, current)
        return Reply(shown=self._shown.pop(op.op_id, {}))

    def execute(self, op: Operation, *, only: Sequence[str] | None = None) -> None:
        page = self.issues[op.ref.resource_id]
        if not page.visible:
            return
        if op.kind == "edit" and self.versions[op.ref.resource_id][-1].number != self._followed[op.op_id]:
            raise StaleRevision("409: version must be incremented on update")
        self.executed.append(op)
        if op.kind == "labels":
            held = page.values["labels"]
            assert isinstance(held, tuple)
            add, remove = ({label.lower() for label in verbs.get("labels", ())} for verbs in (op.add, op.remove))
            self._put(page, "labels", as_set(({*held} | add) - remove), op)
            self._shown[op.op_id] = {"labels": add} if add else {}
            return
        for name in op.fields if only is None else only:
            self._put(page, name, op.desired[name], op)
        self._save(page, OUR_ACCOUNT, f"javis sync {op.op_id} ({', '.join(op.fields)})")


class OwnPageRemote(PageRemote):
    """The same on a company's own servers: messages of versions may not be kept, and what is noted beside the page in
    their place may be lost between two requests.

    Args:
        keeps: Whether the mark of the next write is found later.
    """

    def __init__(self, world: World, keeps: Callable[[], bool]) -> None:
        self._keeps = keeps
        super().__init__(world)

    def _save(self, page: Issue, author: str, message: str) -> None:
        super()._save(page, author, message if not message or self._keeps() else "")


class PageHistory(History):
    """One history of a space."""

    kind: Kind = CONFLUENCE_PAGE
    synced: Sequence[str] = tuple(CONFLUENCE_PAGE.fields)
    remote: PageRemote

    def make_store(self, world: World) -> Books:
        return PageStore(world)

    def make_remote(self, world: World) -> Site:
        return PageRemote(world)

    def move(self, issue: Seen) -> None:
        """Somebody archives the page, or restores it."""
        if self.remote.read_only.pop(issue.ref.resource_id, None) is None:
            self.remote.read_only[issue.ref.resource_id] = "the page is archived; restore it"

    def settle_down(self) -> None:
        self.remote.read_only.clear()
        super().settle_down()

    def run_late(self) -> None:
        late, self.remote.late = self.remote.late, []
        for op in late:
            with contextlib.suppress(StaleRevision):  # somebody saved the page meanwhile: nobody hears the refusal
                self.remote.execute(op)

    def to_pull(self, *, fresh: bool) -> Sequence[ResourceRef]:
        """A full reconciliation looks at every page; else labels are seen only with something else."""
        if fresh:
            return [page.ref for page in self.remote.issues.values()]
        wanted = {ref.resource_id: ref for ref in super().to_pull(fresh=False)}
        for key, page in self.remote.issues.items():
            row = self.store.rows.get(key)
            if row is not None and row.local.base("parent_id") != page.values["parent_id"]:
                wanted[key] = page.ref
        return list(wanted.values())

    def _next_labels(self, ref: ResourceRef, old: Value, side: str) -> Value:
        """As for issues, but a label may also be spelled in another case, which is no change, or come in any case."""
        held = {label.lower(): label for label in self._elements(old)}
        if side == "local" and held and self.rng.random() < 0.3:
            word = self.rng.choice(sorted(held))
            held[word] = held[word].swapcase()
            return as_set(held.values())
        word = self.rng.choice(WORDS)
        self.touched[ref.resource_id, "labels"].add((word, "-" if word in held else "+"))
        if held.pop(word, None) is None:
            held[word] = self.rng.choice((word, word.upper()))
        return as_set(held.values())

    def _local_value(self, name: str, old: Value) -> Value:
        if self.rng.random() < 0.08 and self.faulty:
            return {"body_storage": "<p>open", "parent_id": "nowhere"}.get(name, old)
        return self._edited_text(old) if name == "body_storage" else self._value(name)

    def _edited_text(self, old: Value) -> Value:
        blocks = _PARAGRAPH.findall(str(old))
        paragraph = f"<p>{self.rng.choice(WORDS)}{self.rng.randint(1, 9)}</p>"
        position = self.rng.randint(0, len(blocks))
        if position < len(blocks) and self.rng.random() < 0.5:
            blocks[position] = paragraph
        elif len(blocks) < 5:
            blocks.insert(position, paragraph)
        else:
            blocks.pop()
        return "".join(blocks)

    def _value(self, name: str) -> Value:
        match name:
            case "title":
                return self.rng.choice(WORDS) + self.rng.choice(("", " ", " 2"))
            case "body_storage":
                return "".join(f"<p>{word}</p>" for word in self.rng.sample(WORDS, 3))
            case "labels":
                return as_set(self.rng.sample(WORDS, 2))
            case _:
                return self.rng.choice(("77", "78"))


class OwnPageHistory(PageHistory):
    """One history of a space on a company's own servers."""

    def make_remote(self, world: World) -> Site:
        kept = self.rng.choice((0.0, 0.8, 1.0))
        return OwnPageRemote(world, lambda: self.rng.random() < kept)

    def _note_remote(self, issue: Seen, name: str, old: Value, op: Operation | None) -> None:
        """A write that comes when it was given up, and whose mark is lost, is taken for somebody else's: no audit tells
        what it replaced. But it names the version that it follows, and what that held is written down with it."""
        known = self.store.ops[op.op_id].evidence.get("replaces") if op is not None else None
        if isinstance(known, dict) and CONFLUENCE_PAGE.fields[name].is_text and known.get(name) == old:
            self._remember("local", issue.ref.resource_id, name, local_of(name, old))
        super()._note_remote(issue, name, old, op)
