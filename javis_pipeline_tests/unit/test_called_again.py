"""The commands that the demo prints work as they stand, however it was called."""

import pytest

from javis_pipeline.cli.again import _again

CACHE = "/home/ann/.cache/uv/archive-v0/HMoJx1OhLFwIQ0po/bin"
WHEEL = "file:///home/ann/down%20loads/javis_pipeline-0.1.0-py3-none-any.whl"


@pytest.mark.parametrize(
    ("program", "python", "expected"),
    [
        pytest.param(".venv/bin/javis", "/srv/.venv/bin/python", ".venv/bin/javis", id="by its path"),
        pytest.param("/srv/x/__main__.py", "/srv/python", "/srv/python -m javis_pipeline", id="as a module"),
        pytest.param(f"{CACHE}/javis", f"{CACHE}/python", f"uvx --from {WHEEL} javis", id="out of a cache"),
    ],
)
def test_how_it_is_called_again(program: str, python: str, expected: str) -> None:
    assert _again(program, python, WHEEL) == expected
