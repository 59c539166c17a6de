"""Numbers in sentences."""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """The number with its noun, as in "1 day" and "3 days"; `plural` where adding an s is wrong."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
