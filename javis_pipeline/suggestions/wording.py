"""How advice names things: an issue with its title beside the key, lists, days."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from javis_pipeline.records.context import IssueBrief
from javis_pipeline.suggestions.cleaning import cleaned

TITLE_SHOWN = 48


def said(key: str, issues: Mapping[str, IssueBrief]) -> str:
    """As in `OQC-7 “Fix the lamp”`; the key alone when the title is not known."""
    issue = issues.get(key)
    title = cleaned(issue.title or "", TITLE_SHOWN) if issue else ""
    return f"{key} “{title}”" if title else key


def titled(text: str, keys: Iterable[str], issues: Mapping[str, IssueBrief]) -> str:
    """`text` with the titles of issues beside their keys, unless it tells them already."""
    for key in keys:
        title = issues[key].title if key in issues else None
        if title and key in text and cleaned(title, TITLE_SHOWN).casefold() not in text.casefold():
            place = _end_of(key, text)
            if place is not None:
                text = f"{text[:place]} “{cleaned(title, TITLE_SHOWN)}”{text[place:]}"
    return text


def _end_of(key: str, text: str) -> int | None:
    """Where the key ends in the text; None when only longer keys begin with it."""
    start = text.find(key)
    while start >= 0:
        end = start + len(key)
        if not text[end : end + 1].isalnum():
            return end
        start = text.find(key, end)
    return None


def listed(names: Sequence[str], most: int = 4) -> str:
    """As in "a, b and c"; from `most` on the rest is "others"."""
    distinct = list(dict.fromkeys(names))
    if len(distinct) > most:
        distinct = [*distinct[: most - 1], "others"]
    return " and ".join([", ".join(distinct[:-1]), distinct[-1]] if len(distinct) > 1 else distinct)


def sentence(text: str) -> str:
    """`text` with a capital at the front and one full stop at the end; a key at the front stays as it is."""
    text = text.rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def day_words(day: date, today: date) -> str:
    """As in "13 November"; with the year unless it is that of `today`."""
    return f"{day.day} {day:%B}" + ("" if day.year == today.year else f" {day.year}")


def counted(count: int, noun: str) -> str:
    """As in "1 issue" and "3 issues"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
