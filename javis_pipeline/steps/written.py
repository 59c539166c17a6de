"""Making what people write on records, and hang there: what its making has in common in every system."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from javis_pipeline.errors import RemoteMissing
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.create import Form, Met, Walk, Wish
from javis_pipeline.records.tables import Hanging
from javis_pipeline.records.values import Value
from javis_pipeline.sync.codecs import LossyEdit
from javis_pipeline.sync.fields import Kind


class WrittenCreates(ABC):
    """Writing something new on the records of one scope; `create` is the system's.

    Args:
        kind: What it is there.
        now: The remote's time; no earlier than it is.

    Attributes:
        what: What people call it.
    """

    what: ClassVar[str]

    def __init__(self, kind: Kind, now: Callable[[], datetime]) -> None:
        self._kind = kind
        self._now = now

    @abstractmethod
    def _met_on(self, place: str, place_key: str | None, wishes: Sequence[Wish]) -> Iterable[Met]:
        """All that is written on a record, as the wishes meet it that hang on it; RemoteMissing where the record is not
        to be seen."""

    @abstractmethod
    def _asks(self, wish: Wish, raw: Mapping[str, Value]) -> Mapping[str, Any] | str:
        """What the request holds besides; or why there is none."""

    def now(self) -> datetime:
        """The remote's time; no earlier than it is."""
        return self._now()

    def walk(self, above: int, known: int, wishes: Sequence[Wish]) -> Walk:
        """All that is written on the records that the wishes hang on; one that is not to be seen is left out."""
        del known
        at, seen, places = self.now(), list[Met](), set[str]()
        for place, place_key in {wish.place: wish.place_key for wish in wishes if wish.place}.items():
            here = [wish for wish in wishes if wish.place == place]
            try:
                seen += self._met_on(str(place), place_key, here)
            except RemoteMissing:
                continue
            places.add(str(place))
        return Walk(at=at, above=above, met=tuple(seen), places=frozenset(places))

    def form(self, wish: Wish, catalog: Catalog) -> Form | str:
        """The request that would write it; or why there is none."""
        edited = {column.name: wish.values[column.name] for column in self._kind.table.edited}
        raw: dict[str, Value] = {}
        for name, value in edited.items():
            codec = self._kind.fields[name].codec
            if why := codec.problem(value, catalog):
                return f"{name}: {why}"
            try:
                raw[name] = codec.to_remote(value, base=None, base_raw=None, catalog=catalog, lossy=False)
            except LossyEdit as error:
                return f"{name}: {error}"
        asked = self._asks(wish, raw)
        if isinstance(asked, str):
            return asked
        only_given = {name: wish.values[name] for name in self._kind.table.place.may_have}
        request = {"place": wish.place, "place_key": wish.place_key, **asked}
        return Form(local={**edited, **only_given}, raw=raw, request=request)

    def key_of(self, place_key: str | None, own_id: str) -> str:
        """What people call it: after the record that it is written on."""
        hanging = self._kind.table.place.hangs_on
        assert isinstance(hanging, Hanging)
        return f"{place_key}#{hanging.called}{own_id}"
