"""Long texts as far as people look at them: around the places where they differ."""

from collections.abc import Callable, Sequence

_AROUND = 200


def around_differences(texts: Sequence[str], *, most: int, most_lines: int) -> list[str]:
    """Each text from shortly before the first difference to shortly behind the last, cut to so much; `…` for the rest.

    Texts that are short enough stay whole. Takes time with the length of the texts, however they differ.
    """
    if all(_is_short(text, most, most_lines) for text in texts):
        return list(texts)
    first = texts[0]
    shortest = min(map(len, texts))
    head = _largest(shortest, lambda size: all(text.startswith(first[:size]) for text in texts))
    tail = _largest(shortest - head, lambda size: all(text.endswith(first[len(first) - size :]) for text in texts))
    start = max(first.rfind("\n", 0, head) + 1, head - _AROUND)
    return [_cut(text, start, len(text) - max(tail - _AROUND, 0), most, most_lines) for text in texts]


def _is_short(text: str, most: int, most_lines: int) -> bool:
    return len(text) <= most and text.count("\n") < most_lines


def _largest(most: int, fits: Callable[[int], bool]) -> int:
    """The largest size up to `most` that fits, where all smaller ones do."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _cut(text: str, start: int, end: int, most: int, most_lines: int) -> str:
    shown = text[start : min(end, start + most)].split("\n")
    cut = "\n".join(shown[:most_lines])
    return ("…" if start else "") + cut + ("…" if start + len(cut) < len(text) else "")
