"""Commands in this process, on a terminal of some width, with colours or without, or piped."""

import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from unittest.mock import patch

from rich.cells import cell_len

from javis_pipeline.cli import main

_NUMBER = re.compile(r"[\d:.,]+")
_HEADINGS = re.compile(r"[a-z ]+")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Screen(io.StringIO):
    """Standard output on a terminal, or piped."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


class BesideIt(io.StringIO):
    """Standard error, shown among the output."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def isatty(self) -> bool:
        return self._screen.isatty()

    def write(self, text: str) -> int:
        return self._screen.write(text)


def seen(arguments: Sequence[str], columns: int | None, *, colours: bool = False) -> str:
    """What a person sees of a command: what it prints and its exit code.

    Args:
        columns: Width of the terminal; None where there is none.
        colours: Whether NO_COLOR is left out.
    """
    codes: list[int] = []
    shown = screen_of(lambda: codes.append(_exit_code(arguments)), columns, colours=colours)
    lines = "".join(f"{line.rstrip()}\n" for line in shown.splitlines())
    return f"$ javis {' '.join(arguments)}\n{lines}[{codes[0]}]\n"


def screen_of(act: Callable[[], None], columns: int | None, *, colours: bool = False) -> str:
    """What appears on a terminal of that width, or where it is piped, while `act` runs."""
    screen = Screen(is_terminal=columns is not None)
    with _terminal(columns, colours=colours), redirect_stdout(screen), redirect_stderr(BesideIt(screen)):
        act()
    return screen.getvalue()


def layout_faults(shown: str, columns: int, piped: str) -> Iterator[str]:
    """What is wrong with how something looks on a terminal without colours, of that width.

    Args:
        piped: The same where there is no terminal: everything, however long.
    """
    for line in shown.splitlines():
        if cell_len(line) > columns and len(line.split()) > 1:
            yield f"longer than {columns}: {line!r}"
        if line != line.rstrip():
            yield f"ends in blanks: {line!r}"
    if ESCAPE.search(shown) or ESCAPE.search(piped):
        yield "coloured, although nobody wants colours"
    if "Traceback" in piped:
        yield f"ends in a traceback: {piped!r}"
    # On a narrow terminal a column without any value has no heading either.
    told = [line for line in piped.splitlines() if not _HEADINGS.fullmatch(line)]
    words = {word for line in told for word in line.split() if len(word) <= columns // 4}
    # A minute later other numbers are told.
    missing = sorted(word for word in words if word not in shown and not _NUMBER.fullmatch(word))
    if missing and "…" not in shown:
        yield f"cut off without a sign: {missing}"


@contextmanager
def _terminal(columns: int | None, *, colours: bool) -> Iterator[None]:
    there = {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": "50"}
    values = ({} if columns is None else there) | ({} if colours else {"NO_COLOR": "1"})
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, values))
        for name in {"TERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"} - set(values):
            os.environ.pop(name, None)
        stack.enter_context(patch.object(sys, "argv", ["javis"]))
        # Whoever is asked says no; where there is no terminal nobody is asked.
        stack.enter_context(patch.object(sys, "stdin", io.StringIO("n\n" * 9 if columns else "")))
        yield


def _exit_code(arguments: Sequence[str]) -> int:
    try:
        main.main(args=list(arguments), prog_name="javis")
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
