"""Whether values are what their types say: for what is read out of answers that nobody vouches for."""

import dataclasses
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


def misfits(value: Any, hint: Any = Any, path: str = "value") -> Iterator[str]:
    """Where the value, or what is in it, is of another type than declared. Records know their own types."""
    if hint is not Any and not _fits(value, hint):
        yield f"{path}: {value!r:.80} is no {hint}"
    for name, part, part_hint in _parts(value, hint):
        yield from misfits(part, part_hint, f"{path}.{name}")


def _parts(value: Any, hint: Any) -> Iterable[tuple[str, Any, Any]]:
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        hints = _hints(type(value))
        return [(name, part, hints.get(name, Any)) for name, part in zip(value._fields, value, strict=True)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        hints = _hints(type(value))
        return [(each.name, getattr(value, each.name), hints[each.name]) for each in dataclasses.fields(value)]
    if isinstance(value, list | tuple):
        return [(str(number), part, Any) for number, part in enumerate(value)]
    return ()


def _hints(kind: type) -> dict[str, Any]:
    try:
        return get_type_hints(kind)
    except (NameError, TypeError):  # of a generic one
        return {}


def _fits(value: Any, hint: Any) -> bool:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in arguments)
    if origin is Literal:
        return value in arguments
    if origin in (list, set, frozenset, Sequence):
        return isinstance(value, origin) and all(_fits(one, arguments[0]) for one in value)
    if origin is tuple:
        return isinstance(value, tuple) and (
            arguments[-1] is not Ellipsis or all(_fits(v, arguments[0]) for v in value)
        )
    if origin in (dict, Mapping):
        return isinstance(value, origin)
    if hint is None:
        return value is None
    if hint is int:
        return type(value) is int and abs(value) < 2**63
    return not isinstance(hint, type) or isinstance(value, hint)
