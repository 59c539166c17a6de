"""How much of two modules is written twice: `python -m javis_pipeline_tests.twins` prints the pairs most alike.

The words of the systems (issue and page, Jira and Confluence, project and space) are levelled first, so that a twin
with other names is still one. Lines of code are compared in their order, without blank lines, comments, imports and
docstrings; a pair is as alike as the shorter of the two is to be found in the other.
"""

import ast
import re
import sys
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple

LEVELLED: Final = {
    "issue": "record",
    "page": "record",
    "jira": "system",
    "confluence": "system",
    "project": "scope",
    "space": "scope",
}
_WORDS: Final = re.compile("|".join(LEVELLED), re.IGNORECASE)
# Two short modules are soon alike by chance, and so are a few lines.
FEWEST_LINES: Final = 30
FEWEST_IN_A_ROW: Final = 3


class Pair(NamedTuple):
    """Two modules, and how many lines of the shorter one are in the other."""

    share: float
    lines: int
    one: Path
    other: Path


def code_lines(source: str) -> list[str]:
    """The lines of a module that do something, levelled."""
    dropped = _dropped(ast.parse(source))
    lines = (line.strip() for number, line in enumerate(source.splitlines(), 1) if number not in dropped)
    kept = "\n".join(line for line in lines if not line.startswith("#") and any(map(str.isalnum, line)))
    return _WORDS.sub(lambda found: LEVELLED[found[0].lower()], kept).splitlines()


def _dropped(module: ast.Module) -> set[int]:
    """Numbers of the lines of imports and docstrings."""
    found: set[int] = set()
    for node in ast.walk(module):
        is_text = (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        )
        if isinstance(node, ast.stmt) and (is_text or isinstance(node, ast.Import | ast.ImportFrom)):
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def alike(one: list[str], other: list[str]) -> int:
    """How many lines are in both, in the same order and not alone."""
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size >= FEWEST_IN_A_ROW)


def pairs(root: Path) -> list[Pair]:
    """All pairs of modules of the product below a folder, the most alike first."""
    paths = [path for path in sorted(root.rglob("*.py")) if "sandbox" not in path.parts]
    modules = {path: code_lines(path.read_text(encoding="utf-8")) for path in paths}
    modules = {path: lines for path, lines in modules.items() if len(lines) >= FEWEST_LINES}
    found = []
    for (one, ours), (other, theirs) in combinations(modules.items(), 2):
        shorter = min(len(ours), len(theirs))
        # A cheap bound first: most pairs have next to nothing in common.
        if len(set(ours) & set(theirs)) * 20 < shorter:
            continue
        same = alike(ours, theirs)
        found.append(Pair(same / shorter, same, one, other))
    return sorted(found, key=lambda pair: (-pair.share, pair.one))


def main() -> int:
    """Print the ten pairs that are most alike, of the package or of another folder."""
    root = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).resolve().parents[1] / "javis_pipeline"
    for share, lines, one, other in pairs(root)[:10]:
        print(f"{share:4.0%} {lines:4} lines  {one.relative_to(root)}  {other.relative_to(root)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
