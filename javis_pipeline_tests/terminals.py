"""Commands in this process, on a terminal of some width, with colours or without, or piped."""

import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from unittest.mock import patch

from javis_pipeline.cli import main

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Screen(io.StringIO):
    """Standard output on a terminal, or piped."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


class BesideIt(io.StringIO):
    """Standard error, shown among the output but no terminal: bars that move are not for a recording."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def write(self, text: str) -> int:
        return self._screen.write(text)


def seen(arguments: Sequence[str], columns: int | None, *, colours: bool = False) -> str:
    """What a person sees of a command: what it prints and its exit code.

    Args:
        columns: Width of the terminal; None where there is none.
        colours: Whether NO_COLOR is left out.
    """
    screen = Screen(is_terminal=columns is not None)
    with _terminal(columns, colours=colours), redirect_stdout(screen), redirect_stderr(BesideIt(screen)):
        code = _exit_code(arguments)
    shown = "".join(f"{line.rstrip()}\n" for line in screen.getvalue().splitlines())
    return f"$ javis {' '.join(arguments)}\n{shown}[{code}]\n"


@contextmanager
def _terminal(columns: int | None, *, colours: bool) -> Iterator[None]:
    values = {"TERM": "xterm-256color"}
    values |= {} if columns is None else {"COLUMNS": str(columns), "LINES": "50"}
    values |= {} if colours else {"NO_COLOR": "1"}
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, values))
        for name in {"COLUMNS", "NO_COLOR", "FORCE_COLOR"} - set(values):
            os.environ.pop(name, None)
        stack.enter_context(patch.object(sys, "argv", ["javis"]))
        yield


def _exit_code(arguments: Sequence[str]) -> int:
    try:
        main.main(args=list(arguments), prog_name="javis")
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
