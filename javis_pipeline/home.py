"""Where files are: the checkout, the home folder, the settings file. Nothing is made or read here."""

import os
from pathlib import Path

from javis_pipeline.errors import SettingError

# They are part of the package, so that an installed one has them.
DAGSTER_CONFIG = Path(__file__).with_name("dagster.yaml")
SETTINGS_EXAMPLE = Path(__file__).with_name("env.example")


def checkout() -> Path | None:
    """The checkout that the package runs from; None when it was installed from a wheel."""
    folder = Path(__file__).resolve().parents[1]
    try:
        about = (folder / "pyproject.toml").read_text(encoding="utf-8")
    except OSError:
        return None
    # Other packages put theirs beside ours in `site-packages`: those of projects that create-dagster makes, for one.
    return folder if 'name = "javis-pipeline"' in about.splitlines() else None


def project_root() -> Path:
    """What relative paths of settings start from: the checkout, or the working directory of an installed package."""
    return checkout() or Path.cwd()


def default_home() -> Path:
    """Where everything is kept when JAVIS_HOME is not set: `.javis` of a checkout, else a folder of this user.

    It does not depend on the working directory: a person's commands, and the runs that Dagster starts elsewhere, must
    find the same database.
    """
    if folder := checkout():
        return folder / ".javis"
    try:
        return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "javis"
    except RuntimeError:
        raise SettingError("this user has no home folder; set JAVIS_HOME=/var/lib/javis in the environment") from None


def settings_file() -> Path:
    """The file that settings are read from, which need not exist.

    The one that JAVIS_ENV_FILE names; else `.env` in the working directory, in the checkout, or in the home folder,
    whichever comes first; else the one that a person would make.
    """
    if named := os.environ.get("JAVIS_ENV_FILE"):
        return Path(named)
    home = project_root() / Path(os.environ.get("JAVIS_HOME") or default_home()).expanduser()
    places = dict.fromkeys([Path.cwd(), project_root(), home])
    found = (folder / ".env" for folder in places if (folder / ".env").is_file())
    return next(found, Path.cwd() / ".env")
