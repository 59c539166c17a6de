"""`docs/architecture.md` speaks of what is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PLACES = sorted(
    {
        *re.findall(r"`(javis_pipeline(?:_tests)?/[\w/.]*)`", TEXT),
        *re.findall(r"\]\(\.\./(javis_pipeline/[\w/.]+)\)", TEXT),
    }
)


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_is_named_exists(place):
    assert (ROOT / place).exists()


def test_every_package_and_module_at_the_top_of_the_house_has_its_line():
    top = {path.name for path in (ROOT / "javis_pipeline").iterdir() if not path.name.startswith("_")}
    named = {Path(place).name for place in PLACES if Path(place).parent.name == "javis_pipeline"}
    beside = {"home.py", "settings_origin.py", "py.typed"}

    assert {name for name in top if name.endswith(".py") or (ROOT / "javis_pipeline" / name).is_dir()} - beside <= named


def test_every_row_that_the_merge_names_is_in_the_decision_table():
    rows = {int(number) for number in re.findall(r"^\| (\d+) \|", TEXT, flags=re.MULTILINE)}
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "javis_pipeline" / "sync").glob("*.py"))
    used = {int(number) for number in re.findall(r"\brow(?:: int)? ?= ?(\d+)", code)}

    assert used <= rows == set(range(11))
