"""Rows as COPY wants them written. Needs no database driver: a process that only reads makes them."""

from collections.abc import Sequence

CopyValue = str | int | bool | None


def copy_lines(rows: Sequence[Sequence[CopyValue]]) -> list[bytes]:
    """Rows in COPY's text format, in UTF-8, without the ends of line.

    Escaped all together: value by value it would take several times as long. A NUL stands between them, because it is
    in no text that PostgreSQL can store.

    Raises:
        ValueError: A text holds a NUL.
    """
    texts = [value if type(value) is str else str(value) for row in rows for value in row]
    escaped = "\0".join(texts).replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    values = escaped.split("\0")
    if len(values) > max(1, len(texts)):
        raise ValueError("a text holds a NUL, which PostgreSQL cannot store")
    following = iter(values)
    return [
        "\t".join(
            [value if given is not None else "\\N" for given, value in zip(row, following, strict=False)]
        ).encode()
        for row in rows
    ]
