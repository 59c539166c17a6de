"""Answers made from nothing but the request: its JSON schema says which form, the JSON document in it says of what.

The sandbox knows no product. It looks for the list of objects in the document whose keys fit the schema best, and turns
each of the first few into one entry of the answer. Names do the matching: `finding_ids` of the schema is filled from
`finding_id` or `finding_ids` of the object, and of an enumeration that is chosen which shares a word with the object.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson

Json = dict[str, Any]

LABEL = "(sandbox answer)"
_ENTRIES = 5
_BLOCK = re.compile(r"<([A-Za-z_][\w-]*)>\s*(\{.*\})\s*</\1>", re.DOTALL)
_FENCE = re.compile(r"```(?:json)?\s*(\{.*?\})\s*```", re.DOTALL)
_TITLES = ("title", "name", "headline", "subject")


def document_in(text: str) -> Json:
    """The JSON object in a delimited block of the text; empty when there is none."""
    for pattern in (_BLOCK, _FENCE):
        for match in pattern.finditer(text):
            try:
                found = orjson.loads(match.groups()[-1])
            except orjson.JSONDecodeError:
                continue
            if isinstance(found, dict):
                return found
    return {}


def answer(schema: Json, document: Json) -> Any:
    """A value that satisfies the schema, made of what the document holds."""
    return _Writer(schema, document).value(schema, name="", source={}, rank=0)


def prose(document: Json) -> str:
    """An answer to a request that asks for no form."""
    lines = [f"- {_summary(entry)}" for entry in _best_list(document, {"summary", "kind"})[:_ENTRIES]]
    return "\n".join([f"From what I was given {LABEL}:", *(lines or ["- nothing that stands out."])])


@dataclass(frozen=True)
class _Writer:
    """Walks the schema. `source` is the object of the document that the current part speaks of."""

    root: Json
    document: Json

    def value(self, schema: Json, *, name: str, source: Json, rank: int, choice: str = "") -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return _chosen(schema["enum"], name, source)
        match schema.get("type"):
            case "object":
                return self._object(schema, source, rank)
            case "array":
                return self._array(schema, name, source, rank)
            case "number":
                return round(max(0.1, 0.85 - 0.08 * rank), 2)
            case "integer":
                return rank + 1
            case "boolean":
                return False
            case "string":
                return self._string(schema, name, source, choice)
            case _:
                return None

    def _resolved(self, schema: Json) -> Json:
        if "$ref" in schema:
            return self._resolved(self.root.get("$defs", {})[schema["$ref"].rsplit("/", 1)[1]])
        choices = schema.get("anyOf") or schema.get("oneOf")
        return self._resolved(choices[0]) if choices else schema

    def _object(self, schema: Json, source: Json, rank: int) -> Json:
        properties = {name: self._resolved(inner) for name, inner in schema.get("properties", {}).items()}
        # What is written beside a choice depends on it.
        choice = next(
            (_chosen(inner["enum"], name, source) for name, inner in properties.items() if "enum" in inner), ""
        )
        return {
            name: self.value(inner, name=name, source=source, rank=rank, choice=str(choice))
            for name, inner in properties.items()
        }

    def _array(self, schema: Json, name: str, source: Json, rank: int) -> list[Any]:
        items = self._resolved(schema.get("items", {}))
        if items.get("type") != "object":
            return _named_values(source, name)
        if source:
            return [self.value(items, name=name, source=source, rank=rank)] if _named_keys(source) else []
        wanted = {_singular(key) for key in items.get("properties", {})}
        entries = _best_list(self.document, wanted)[:_ENTRIES]
        return [self.value(items, name=name, source=entry, rank=rank) for rank, entry in enumerate(entries)]

    def _string(self, schema: Json, name: str, source: Json, choice: str) -> str:
        same = _named_values(source, name)
        if same:
            return str(same[0])
        if schema.get("format") == "date":
            return self._a_week_on()
        if choice:
            return self._fitting(choice, source)
        if name in _TITLES:
            return _headline(source)
        return f"{_summary(source)} {LABEL}"

    def _fitting(self, choice: str, source: Json) -> str:
        """What goes with a choice, by the words in its name: a date, a name out of the document, or a draft."""
        listed = next((values for key, values in self.document.items() if _singular(key) in choice and values), None)
        if "date" in choice:
            return self._a_week_on()
        if isinstance(listed, list) and isinstance(listed[0], str):
            return str(listed[min(1, len(listed) - 1)])
        if "assign" in choice:
            return self._least_busy()
        if "label" in choice:
            return "needs-attention"
        return f"{_summary(source)} What would it take to move this on? {LABEL}"

    def _least_busy(self) -> str:
        people = [entry for entry in _lists(self.document) if "account_id" in entry[0]]
        if not people:
            return ""
        load = min(people[0], key=lambda person: sum(v for v in person.values() if isinstance(v, int)))
        return str(load["account_id"])

    def _a_week_on(self) -> str:
        texts = [value for value in self.document.values() if isinstance(value, str)]
        dates = [text for text in texts if re.fullmatch(r"\d{4}-\d\d-\d\d", text)]
        start = date.fromisoformat(dates[0]) if dates else date(2026, 1, 1)
        return (start + timedelta(days=7)).isoformat()


def _lists(document: Json) -> Iterator[list[Json]]:
    """Every list of objects directly in the document."""
    for value in document.values():
        if isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
            yield value


def _best_list(document: Json, wanted: set[str]) -> list[Json]:
    """The list whose objects have most of the wanted keys; among equals the first."""
    fits = [(len(wanted & {_singular(key) for key in entries[0]}), entries) for entries in _lists(document)]
    return max(fits, key=lambda fit: fit[0])[1] if fits else []


def _named_values(source: Json, name: str) -> list[str]:
    """The texts that the object holds under this name, in singular or plural."""
    for key, value in source.items():
        if _singular(key) == _singular(name):
            return [str(item) for item in value] if isinstance(value, list) else [str(value)]
    return []


def _named_keys(source: Json) -> bool:
    """Whether the object speaks of something that has a key."""
    return any(_singular(key).endswith("key") and value for key, value in source.items())


def _chosen(choices: list[Any], name: str, source: Json) -> Any:
    """The choice that shares a word with what the object is about, else the mildest: a comment."""
    same = _named_values(source, name)
    if same and same[0] in choices:
        return same[0]
    about = " ".join(same)
    for choice in choices:
        words = str(choice).split("_")
        if any(word in about for word in words if len(word) > 2 and word not in {"set", "add", "link", "blocker"}):
            return choice
    return next((choice for choice in choices if "comment" in str(choice)), choices[0])


def _headline(source: Json) -> str:
    kinds = _named_values(source, "kind") or _named_values(source, "type")
    keys = [str(value) for key in source if _singular(key).endswith("key") for value in _named_values(source, key)]
    about = kinds[0].replace("_", " ") if kinds else "what stands out"
    return f"Look at {keys[0]}: {about}" if keys else f"Look at this: {about}"


def _summary(source: Json) -> str:
    for name in ("summary", "description", "text", *_TITLES):
        values = _named_values(source, name)
        if values and values[0]:
            return values[0]
    return _headline(source)


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name
