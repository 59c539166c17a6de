"""What the set-up stands on: the script's choice of a Python, the lock, the metadata, the example of settings."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from javis_pipeline.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path):
    """A folder with a blank in its name that holds what the script reads."""
    folder = tmp_path / "a checkout"
    (folder / "scripts").mkdir(parents=True)
    for name in ("scripts/bootstrap", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def bootstrap(checkout: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "scripts/bootstrap"], env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )


def fake_python(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("body", ["exit 1", "exec /not/there"], ids=["too old", "broken"])
def test_given_a_python_that_does_not_do_when_set_up_then_the_message_says_what_to_name(checkout, tmp_path, body):
    python = fake_python(tmp_path / "old python", body)

    result = bootstrap(checkout, PYTHON=str(python))

    assert result.returncode == 1
    assert result.stderr == (f"setup: PYTHON={python} is not a working Python 3.11 to 3.14; name one that is\n")
    assert not (checkout / ".venv").exists()


def test_given_no_python_at_all_when_set_up_then_the_message_says_how_to_name_one(checkout, tmp_path):
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "dirname", "cat"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)

    result = bootstrap(checkout, PATH=str(tmp_path / "bin"), PYTHON="")

    assert result.returncode == 1
    assert "no Python 3.11 to 3.14 found" in result.stderr
    assert "make PYTHON=/path/to/python3.12" in result.stderr


def test_given_a_finished_set_up_when_run_again_then_nothing_is_done_until_the_lock_changes(checkout, tmp_path):
    # A Python that answers what it is asked, and fails when it is to make an environment.
    python = fake_python(tmp_path / "python", f'[ "$1" = -m ] && exit 1\nexec "{sys.executable}" "$@"')
    stamp = stamp_of(checkout, python)
    (checkout / ".venv/bin").mkdir(parents=True)
    fake_python(checkout / ".venv/bin/python", "exit 1")
    (checkout / ".venv/setup-stamp").write_text(stamp)

    unchanged = bootstrap(checkout, PYTHON=str(python), PATH="/usr/bin:/bin")
    with (checkout / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    changed = bootstrap(checkout, PYTHON=str(python), PATH="/usr/bin:/bin")

    assert (unchanged.returncode, unchanged.stdout, unchanged.stderr) == (0, "", "")
    assert changed.returncode == 1
    assert "cannot make virtual environments; install its venv module" in changed.stderr


def stamp_of(checkout: Path, python: Path) -> str:
    script = (checkout / "scripts/bootstrap").read_text()
    match = re.search(r"<<'PY'\n(.*?)^PY$", script, re.DOTALL | re.MULTILINE)
    assert match is not None
    files = ["requirements.lock", "pyproject.toml", "scripts/bootstrap"]
    return subprocess.run(
        [python, "-c", match[1], *files], cwd=checkout, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_lock_has_a_hash_for_everything_and_names_no_index():
    lock = (ROOT / "requirements.lock").read_text()

    assert "://" not in lock
    requirements = re.findall(r"^(\S+?)==\S+(.*?)(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    assert len(requirements) > 100
    assert [name for name, rest in requirements if "--hash=sha256:" not in rest] == []


def test_the_lock_holds_every_dependency_and_what_builds_the_package():
    lock = (ROOT / "requirements.lock").read_text()
    locked = {name.lower() for name in re.findall(r"^([\w.-]+?)(?:\[.*?\])?==", lock, re.MULTILINE)}
    required = [text for text in importlib.metadata.requires("javis-pipeline") or [] if "extra ==" not in text]

    names = {found[0].lower() for text in required if (found := re.match(r"[\w.-]+", text))}

    assert "dagster" in names
    assert names <= locked
    assert "setuptools" in locked


def test_the_package_has_its_command():
    points = importlib.metadata.distribution("javis-pipeline").entry_points

    assert {point.name for point in points.select(group="console_scripts")} == {"javis"}


def test_the_example_of_settings_shows_every_variable_and_no_other():
    example = (ROOT / ".env.example").read_text()

    shown = re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)

    assert sorted(shown) == sorted(name.upper() for name in Settings.model_fields)
