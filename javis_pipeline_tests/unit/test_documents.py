"""What the documents name is there."""

import re
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import click
import pytest

from javis_pipeline.cli import main

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
_ANCHOR = re.compile(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)")
_COMMAND = re.compile(r"(?:^|`|/bin/)javis ([a-z]+)", re.MULTILINE)
_OPTION = re.compile(r"javis ([a-z]+)((?: +[^`\n]*)?)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = _LINK.findall(document.read_text())

    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_headings_that_are_there(document: Path) -> None:
    targets = _ANCHOR.findall(document.read_text())

    pages = [(document.parent / file if file else document, anchor) for file, anchor in targets]
    assert [(page.name, anchor) for page, anchor in pages if anchor not in _headings(page)] == []


def _headings(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_the_site_has_every_page_with_links_that_hold_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_from_file_location("pages", ROOT / "docs" / "site" / "pages.py")
    assert spec is not None
    assert spec.loader is not None
    pages = module_from_spec(spec)
    spec.loader.exec_module(pages)
    monkeypatch.setattr(pages, "BUILD", tmp_path)

    pages.main()

    shown = sorted((tmp_path / "pages").rglob("*.md"))
    listed = re.findall(r": ([\w/-]+\.md)$", (tmp_path / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(listed) == [str(page.relative_to(tmp_path / "pages")) for page in shown]
    for page in shown:
        assert [target for target in _LINK.findall(page.read_text()) if not (page.parent / target).is_file()] == []


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
