"""Random histories of a project whose descriptions are wiki markup, written by browsers with CR LF and here with LF."""

from collections.abc import Mapping, Sequence

from javis_pipeline.records.values import Value
from javis_pipeline.sync.fields import Field, Kind
from javis_pipeline.systems.jira.kind import DATA_CENTER_ISSUE
from javis_pipeline_tests.property.sync_histories import History, Site
from javis_pipeline_tests.property.sync_memory import Books, MemoryRemote, MemoryStore, World

BLOCKS = ("h2. {}", "* {}", "||{}|b|", "{{code}}\n{}\n\n{{code}}", "plain {}\nin two lines", "{{quote}}{}{{quote}}")


class WikiStore(MemoryStore):
    """`SyncStore` of a project of a company's own Jira."""

    fields: Mapping[str, Field] = DATA_CENTER_ISSUE.fields


class WikiRemote(MemoryRemote):
    """`RemoteRecords` of such a project, which gives each by itself."""

    most_together = 1

    def raw_of(self, name: str, value: Value) -> Value:
        """What a browser sends: with its own line ends."""
        if name == "description" and isinstance(value, str):
            return value.replace("\r\n", "\n").replace("\n", "\r\n")
        return super().raw_of(name, value)


class WikiHistory(History):
    """One history of such a project."""

    kind: Kind = DATA_CENTER_ISSUE
    synced: Sequence[str] = tuple(
        name for name, spec in DATA_CENTER_ISSUE.fields.items() if spec.written_by and not spec.by_choice
    )

    def make_store(self, world: World) -> Books:
        return WikiStore(world)

    def make_remote(self, world: World) -> Site:
        return WikiRemote(world, marks=self.rng.random() < 0.7)

    def _was_seen(self, side: str, resource_id: str, name: str, value: Value) -> bool:
        """Line ends are no part of what a text says."""
        if name != "description":
            return super()._was_seen(side, resource_id, name, value)
        seen = [*self.seen[side, resource_id, name], *self._there(side, resource_id)]
        canonical = self.kind.fields[name].codec.canonical
        return any(canonical(one) == canonical(value) for one in seen)

    def _there(self, side: str, resource_id: str) -> Sequence[Value]:
        return [self.remote.issues[resource_id].values["description"]] if side == "remote" else []

    def _edited_text(self, old: Value) -> Value:
        """A block of the text changed, added or removed by somebody whose editor writes LF, or keeps what there was."""
        end = "\r\n" if "\r\n" in str(old) and self.rng.random() < 0.5 else "\n"
        text = super()._edited_text(str(old).replace("\r\n", "\n") if old else old)
        return text.replace("\n", end) if isinstance(text, str) else text

    def _value(self, name: str) -> Value:
        if name != "description":
            return super()._value(name)
        return "\n\n".join(block.format(self.rng.randint(1, 9)) for block in self.rng.sample(BLOCKS, 3))
