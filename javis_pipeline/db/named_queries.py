"""Statements out of `db/sql/<table>.sql`: each begins with `-- name: <name>` and the reason for it."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import LiteralString, cast

_FOLDER = Path(__file__).parent / "sql"
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def named_queries(table: str) -> Mapping[str, LiteralString]:
    """The statements of `table`'s file by name."""
    _, *parts = _NAME.split((_FOLDER / f"{table}.sql").read_text(encoding="utf-8"))
    # The files are part of the program, so their text is as literal as a string in it.
    return {name: cast(LiteralString, text.strip()) for name, text in zip(parts[::2], parts[1::2], strict=True)}
