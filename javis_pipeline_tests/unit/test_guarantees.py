"""`docs/guarantees.md` names tests that are there."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
GUARANTEES = TESTS.parent / "docs" / "guarantees.md"


def test_each_of_the_32_laws_is_listed_once():
    numbers = re.findall(r"^\| (\d+) \|", GUARANTEES.read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert numbers == [str(number) for number in range(1, 33)]


def named_tests() -> list[tuple[str, str]]:
    """(file, test) of every test named; a name without a file is in the file named before it."""
    found, file = [], ""
    for path, test in re.findall(r"`([\w/]*\.py)?(?:::(test_\w+))?`", GUARANTEES.read_text(encoding="utf-8")):
        file = path or file
        if path or test:
            found.append((file, test))
    return found


@pytest.mark.parametrize(("file", "test"), named_tests())
def test_a_named_test_exists(file, test):
    text = (TESTS / file).read_text(encoding="utf-8")

    assert not test or f"def {test}(" in text
