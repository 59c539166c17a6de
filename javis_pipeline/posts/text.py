"""Text as Slack shows it: escaped, cut to a length, and dates and counts in words. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

MAX_SECTION: Final = 3_000

_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def escaped(text: str, most: int = 120) -> str:
    """`text` on one line, for mrkdwn: at most `most` characters long when escaped, cut with an ellipsis."""
    return _cut(" ".join(_cleaned(text).split()), most)


def plain(text: str, most: int) -> str:
    """`text` on one line for plain text, where nothing is interpreted; at most `most` characters."""
    line = " ".join(_cleaned(text).split())
    return line if length(line) <= most else "".join(_within(line, most - 1, length)) + "…"


def escaped_lines(text: str, most: int) -> str:
    """`text` with its line ends, for a code block; at most `most` characters long when escaped."""
    return _cut("\n".join(_cleaned(line) for line in text.split("\n")), most)


def _cleaned(text: str) -> str:
    """Without control characters, lone surrogates, and marks that turn the direction of the text around."""
    # Slack has no escape for its formatting characters. A backtick is the one that could swallow the text behind it.
    return _CONTROL.sub(" ", _DIRECTION.sub("", text)).replace("`", "'")


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        whole = "".join(_ENTITIES.get(char, char) for char in text)
        if length(whole) <= most:
            return whole
    return "".join(_ENTITIES.get(char, char) for char in _within(text, most - 1, _escaped_length)) + "…"


def _within(text: str, most: int, measure: Callable[[str], int]) -> Iterable[str]:
    """The characters that fit."""
    used = 0
    for char in text:
        used += measure(char)
        if used > most:
            return
        yield char


def length(text: str) -> int:
    """In UTF-16 units: whichever way Slack counts, it does not count more."""
    return len(text) + sum(char > "\uffff" for char in text)


def _escaped_length(char: str) -> int:
    return length(_ENTITIES.get(char, char))


def escaped_url(url: str) -> str:
    """`url` for the first half of a link."""
    return url.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C").replace(" ", "%20")


def counted(count: int, noun: str) -> str:
    """As in "1 conflict" and "3 conflicts"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def day(value: date, today: date | None = None) -> str:
    """As in "Mon 23 Nov"; with the year unless it is that of `today`."""
    year = "" if today is None or value.year == today.year else f" {value.year}"
    return f"{value:%a} {value.day} {value:%b}{year}"


def moment(value: datetime, zone: ZoneInfo) -> str:
    """As in "Mon 23 Nov, 08:00"."""
    local = value.astimezone(zone)
    return f"{day(local)}, {local:%H:%M}"


def fitted(lines: Sequence[str], *, most: int = MAX_SECTION, shown: int | None = None, where: str = "") -> str:
    """Lines as one text of at most `most` characters; what does not fit is counted: "and 12 more".

    Args:
        lines: mrkdwn, each well below `most`.
        most: Longest text.
        shown: Most lines.
        where: Where the others are, such as "in the thread".
    """
    kept: list[str] = []
    used = 0
    room = most - 60 - len(where)
    for line in lines[:shown]:
        if used + length(line) + 1 > room:
            break
        kept.append(line)
        used += length(line) + 1
    left = len(lines) - len(kept)
    if left:
        kept.append(f"_and {left} more{', ' if where else ''}{where}_")
    return "\n".join(kept)


def first_fitting(lines: Sequence[str], most: int) -> list[str]:
    """The first lines that fit; always one, so that whoever goes through a list gets on."""
    kept = [lines[0]]
    used = length(lines[0])
    for line in lines[1:]:
        used += length(line) + 1
        if used > most:
            break
        kept.append(line)
    return kept
