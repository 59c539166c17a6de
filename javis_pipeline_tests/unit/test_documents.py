"""What the documents name is there."""

import re
from importlib import import_module
from pathlib import Path

import click
import pytest

from javis_pipeline.cli import main

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
_COMMAND = re.compile(r"(?:^|`|/bin/)javis ([a-z]+)", re.MULTILINE)
_OPTION = re.compile(r"javis ([a-z]+)((?: +[^`\n]*)?)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = _LINK.findall(document.read_text())

    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_exist(document: Path) -> None:
    context = click.Context(main)
    named = set(_COMMAND.findall(document.read_text()))

    assert {name for name in named if main.get_command(context, name) is None} == set()


def test_options_of_the_readme_exist() -> None:
    for name, rest in _OPTION.findall((ROOT / "README.md").read_text()):
        command = main.get_command(click.Context(main), name)
        assert command is not None, name
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known | {"--help"}, name


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()

    for target in set(re.findall(r"\bmake ([a-z]+)", (ROOT / "README.md").read_text())):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_names_for_programs_exist() -> None:
    rows = re.findall(r"^\| `(\w+)[^|]*\| `([\w.]+)` \|(.*)\|$", (ROOT / "docs/python.md").read_text(), re.MULTILINE)

    assert rows
    for name, module, gives in rows:
        found = getattr(import_module(module), name)
        for method in re.findall(r"`\.(\w+)\(", gives):
            assert hasattr(found, method), f"{name}.{method}"
