"""Text that people or a model wrote, as advice may show it."""

import unicodedata


def cleaned(text: str, length: int) -> str:
    """`text` on one line of at most `length` characters, without control and format characters, which can hide text."""
    kept = "".join(char for char in text if char.isspace() or unicodedata.category(char)[0] != "C")
    line = " ".join(kept.split())
    return line if len(line) <= length else line[: length - 1] + "…"
