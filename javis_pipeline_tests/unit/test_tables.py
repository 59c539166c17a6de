"""Tables as people see them: on terminals of several widths, without colours, piped."""

import sys

import pytest

from javis_pipeline.cli.tables import print_table

COLUMNS = ["id", "key", "field", "here", "records"]
ROWS = [
    ("641cfe89", "OQC-27", "title", "Training mode with known wafers of the second line", 3),
    ("bd8f0a31", "EUV-1", "due_date", None, 12),
]

PIPED = """\
id        key     field     here                                                records
641cfe89  OQC-27  title     Training mode with known wafers of the second line        3
bd8f0a31  EUV-1   due_date                                                           12
"""

AT_60 = """\
id       641cfe89
key      OQC-27
field    title
here     Training mode with known wafers of the second line
records  3

id       bd8f0a31
key      EUV-1
field    due_date
records  12
"""


def shown(width: int | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    if width:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_table(COLUMNS, ROWS, empty="Nothing.")
    lines = capsys.readouterr().out.splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def test_piped_a_record_is_a_line_however_long(monkeypatch, capsys) -> None:
    assert shown(None, monkeypatch, capsys) == PIPED


def test_on_a_narrow_terminal_a_record_is_a_block(monkeypatch, capsys) -> None:
    assert shown(60, monkeypatch, capsys) == AT_60


@pytest.mark.parametrize("width", [80, 200])
def test_on_a_wide_terminal_there_is_a_table_that_fits_and_breaks_no_id(width, monkeypatch, capsys) -> None:
    text = shown(width, monkeypatch, capsys)

    assert max(map(len, text.splitlines())) <= width
    assert all(word in text for word in ("641cfe89", "OQC-27", "bd8f0a31", "EUV-1"))
    assert "\x1b" not in text


def test_given_no_rows_then_a_sentence_says_so(capsys) -> None:
    print_table(COLUMNS, [], empty="Nothing.")

    assert capsys.readouterr().out == "Nothing.\n"
