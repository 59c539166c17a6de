"""Lines on a terminal: they end between words, and what is copied is never broken."""

import sys

import pytest

from javis_pipeline.cli.lines import say

LONG = "  - in Jira, comment on OQC-78: javis conflicts show 7f3a0000-0000-0000-0000-000000000000 says what was meant"


def said(text: str, monkeypatch, capsys, *, columns: int | None = 40, **options) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns or 80))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: columns is not None)
    say(text, **options)
    return str(capsys.readouterr().out).splitlines()


def test_a_long_line_goes_on_under_its_text(monkeypatch, capsys) -> None:
    assert said(LONG, monkeypatch, capsys) == [
        "  - in Jira, comment on OQC-78: javis",
        "    conflicts show",
        "    7f3a0000-0000-0000-0000-000000000000",
        "    says what was meant",
    ]


def test_piped_it_stays_one_line(monkeypatch, capsys) -> None:
    assert said(LONG, monkeypatch, capsys, columns=None) == [LONG]


@pytest.mark.parametrize(("hang", "second"), [(8, "        five"), (None, "   five")])
def test_where_it_goes_on_may_be_said(hang, second, monkeypatch, capsys) -> None:
    assert said("1. two three four five", monkeypatch, capsys, columns=18, hang=hang)[1] == second


def test_a_word_is_coloured_once_and_colours_take_no_room(monkeypatch, capsys) -> None:
    plain = said("ok    jira ok", monkeypatch, capsys, columns=13)

    assert plain == ["ok    jira ok"]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert len(said("ok    jira ok", monkeypatch, capsys, columns=13, coloured=("ok", "green"))) == 1
