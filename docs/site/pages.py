"""Puts what the site shows into build/docs: docs, the README and the changes, with links that hold there."""

import os
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "docs"
_PAGES = {"README.md": "index.md", "CHANGELOG.md": "changes.md"}
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def main() -> None:
    """Write build/docs anew."""
    shutil.rmtree(BUILD, ignore_errors=True)
    pictures = shutil.ignore_patterns("site", "*.md")
    shutil.copytree(ROOT / "docs", BUILD / "pages", ignore=pictures)
    shutil.copy(Path(__file__).with_name("mkdocs.yml"), BUILD)
    for page in [*(ROOT / name for name in _PAGES), *(ROOT / "docs").rglob("*.md")]:
        place = BUILD / "pages" / _place(page)
        place.parent.mkdir(exist_ok=True)
        place.write_text(_with_links(page), encoding="utf-8")


def _place(file: Path) -> Path:
    """Where a file of docs, the README or the changes are among the pages."""
    inside = file.relative_to(ROOT)
    return Path(_PAGES[inside.name]) if inside.name in _PAGES else inside.relative_to("docs")


def _with_links(page: Path) -> str:
    """The text of a page. A link to another file names the file; where JAVIS_SOURCE_URL is set, it leads there."""

    def led_on(link: re.Match[str]) -> str:
        mark, text, target, anchor = link[1], link[2], link[3], link[4] or ""
        file = Path(os.path.normpath(page.parent / target))
        inside = file.relative_to(ROOT).as_posix()
        if inside in _PAGES or (inside.startswith("docs/") and file.is_file()):
            return f"{mark}[{text}]({os.path.relpath(_place(file), _place(page).parent)}{anchor})"
        if site := os.environ.get("JAVIS_SOURCE_URL"):
            return f"[{text}]({site.rstrip('/')}/{inside}{anchor})"
        return f"`{inside}`" if text.strip("`") == inside else f"{text} (`{inside}`)"

    return _LINK.sub(led_on, page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
