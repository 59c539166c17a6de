"""Random histories of a project on a site with fields of its own: another set of them on each site."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final

from javis_pipeline.records.jira import Sort
from javis_pipeline.records.sync import RecordPlan, RemoteRecord
from javis_pipeline.records.values import Value, as_set
from javis_pipeline.sync.element_codecs import WRITTEN, chosen_value
from javis_pipeline.sync.elements import element_fields, with_elements
from javis_pipeline.sync.fields import Field
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline_tests.property.sync_histories import WORDS, History, Site
from javis_pipeline_tests.property.sync_memory import (
    FIELDS,
    SYNCED,
    Books,
    Issue,
    MemoryRemote,
    MemoryStore,
    World,
    adf,
)

SORTS: Final[Mapping[str, Sort]] = {f"customfield_{number}": sort for number, sort in enumerate(WRITTEN, 10_001)}
ELEMENTS: Final = {spec.name: spec for spec in element_fields(SORTS, JIRA_ISSUE.table, SORTS)}
FIELDS.update(ELEMENTS)
NUMBER, CHOICES = (next(name for name, of in SORTS.items() if of == sort) for sort in ("number", "options"))
OPTIONS: Final = {word: f"id-{word}" for word in WORDS}
# Teams that no issue has named: they are called by their ids.
TEAMS: Final = ("17", "23", "4711")
_WITH_IDS: Final = frozenset[Sort]({"option", "cascade", "version"})


class FieldStore(MemoryStore):
    """`SyncStore` of such a project, whose rows have all fields of the site in one column."""

    def __init__(self, world: World, elements: Mapping[str, Field]) -> None:
        super().__init__(world)
        self._elements = elements
        self.fields = {**JIRA_ISSUE.fields, **elements}

    def _apply(self, plan: RecordPlan) -> None:
        columns, row = dict(plan.columns), self.rows.get(plan.ref.resource_id)
        known = {name: raw for name, raw in row.local.raw.items() if name in self._elements} if row else {}
        raw = columns.pop("custom_raw", known)
        if (values := columns.pop("custom_fields", None)) is not None:
            columns |= {name: values.get(name, () if spec.is_set else None) for name, spec in self._elements.items()}
        super()._apply(replace(plan, columns=columns))
        row = self.rows[plan.ref.resource_id]
        of_columns = {name: value for name, value in row.local.raw.items() if name not in self._elements}
        row.local = replace(row.local, raw={**of_columns, **raw})


class FieldRemote(MemoryRemote):
    """`RemoteRecords` of such a project."""

    def __init__(self, world: World, elements: Mapping[str, Field], *, marks: bool) -> None:
        super().__init__(world, marks=marks)
        self._elements = elements
        self.synced = (*SYNCED, *elements)

    def raw_of(self, name: str, value: Value) -> Value:
        sort = SORTS.get(name)
        if value is None or sort is None:
            return super().raw_of(name, value)
        if sort == "rich_text":
            return adf(str(value))
        if sort == "team":
            return chosen_value(value, str(value))
        return chosen_value(value, OPTIONS[str(value)]) if sort in _WITH_IDS else value

    def _record(self, issue: Issue) -> RemoteRecord:
        return replace(super()._record(issue), editable=dict.fromkeys(self._elements, OPTIONS))


class FieldHistory(History):
    """One history of such a project."""

    def __init__(self, rng: Random, **options: Any) -> None:
        others = [name for name in ELEMENTS if name not in (NUMBER, CHOICES)]
        chosen = [NUMBER, CHOICES, *rng.sample(others, rng.randint(1, len(others)))]
        self.elements = {name: ELEMENTS[name] for name in chosen}
        self.kind = with_elements(JIRA_ISSUE, self.elements.values())
        self.synced: Sequence[str] = ("title", "labels", *self.elements)
        super().__init__(rng, **options)

    def make_store(self, world: World) -> Books:
        return FieldStore(world, self.elements)

    def make_remote(self, world: World) -> Site:
        return FieldRemote(world, self.elements, marks=self.rng.random() < 0.7)

    def _value(self, name: str) -> Value:
        rng = self.rng
        match SORTS.get(name):
            case None:
                return super()._value(name)
            case "option" | "cascade" | "version" | "text" | "group":
                return rng.choice((*WORDS, None))
            case "options" | "versions" | "groups" | "labels":
                return as_set(rng.sample(WORDS, rng.randint(0, 3)))
            case "users":
                return as_set(rng.sample(self.people, rng.randint(0, 2)))
            case "user":
                return rng.choice((*self.people, None))
            case "rich_text":
                return "\n\n".join(rng.sample(WORDS, 3))
            case "number":
                return rng.choice((1, 2, 30, None))
            case "date":
                return rng.choice(("2026-01-31", "2026-03-29", None))
            case "datetime":
                return rng.choice(("2026-01-31T10:00:00+00:00", "2026-03-29T00:30:00+00:00", None))
            case "team":
                return rng.choice((*TEAMS, None))
            case "url":
                return rng.choice(("https://example.com/a", "https://example.com/b", None))
            case sort:
                raise AssertionError(f"say which values a {sort} may have")
