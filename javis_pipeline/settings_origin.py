"""Where settings come from: which file was read, what the environment gives, and keys that are no setting of ours."""

import difflib
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from javis_pipeline.home import settings_file

# Beginnings of names that are ours alone; a wrong one in the environment is worth a word, anything else there is not.
_OURS = ("JIRA_", "CONFLUENCE_", "JAVIS_", "SLACK_", "ANTHROPIC_")
# Read by others than the settings: by `home`, and by the workspace file of the containers.
_ALSO_KNOWN = frozenset({"JAVIS_ENV_FILE", "JAVIS_CODE_HOST"})
# Commands of ours set it for what they start.
_SET_BY_US = "JAVIS_DEMO_PORT"
_LIKENESS = 0.8


@dataclass(frozen=True)
class Origin:
    """What was found.

    Attributes:
        file: The settings file, whether or not it exists.
        in_file: Settings that have a value there.
        in_environment: Settings that have a value in the environment, which goes before the file.
        overridden: Those of them that have another value in the file.
        strange: Keys that look like settings and are none, each with the setting that was probably meant, or None.
        unreadable: Numbers of the file's lines that are not NAME=value.
    """

    file: Path
    in_file: tuple[str, ...]
    in_environment: tuple[str, ...]
    strange: Mapping[str, str | None]
    unreadable: tuple[int, ...]
    overridden: tuple[str, ...] = ()

    def meant(self, setting: str) -> str | None:
        """The key that somebody probably wrote for `setting`; None when there is none."""
        return next((key for key, meant in self.strange.items() if meant == setting), None)


def find_origin(settings: Collection[str]) -> Origin:
    """Look at the settings file and the environment; `settings` are the names of all settings."""
    file = settings_file()
    values, unreadable = _read(file)
    strange = dict(_strange(values, settings, everything=True))
    strange |= dict(_strange(os.environ, settings, everything=False))
    return Origin(
        file,
        tuple(name for name in settings if values.get(name)),
        tuple(name for name in settings if os.environ.get(name)),
        strange,
        unreadable,
        tuple(
            name for name in settings if name != _SET_BY_US and _is_overridden(values.get(name), os.environ.get(name))
        ),
    )


def unreadable_lines(file: Path) -> tuple[int, ...]:
    """Numbers of the lines that are not NAME=value."""
    return _read(file)[1]


def _is_overridden(in_file: str | None, in_environment: str | None) -> bool:
    return bool(in_file and in_environment and in_file != in_environment)


def other_home() -> tuple[str, str] | None:
    """The home that the shell names and the one of the settings file that somebody chose; None when they are one."""
    shell = os.environ.get("JAVIS_HOME")
    if not shell or not os.environ.get("JAVIS_ENV_FILE"):
        return None
    chosen = _read(settings_file())[0].get("JAVIS_HOME")
    return (shell, chosen) if chosen and chosen != shell else None


def _read(file: Path) -> tuple[dict[str, str | None], tuple[int, ...]]:
    from dotenv.parser import parse_stream

    if not file.is_file():
        return {}, ()
    with file.open(encoding="utf-8") as stream:
        bindings = list(parse_stream(stream))
    values = {binding.key.upper(): binding.value for binding in bindings if binding.key}
    return values, tuple(binding.original.line for binding in bindings if binding.error)


def _strange(
    names: Collection[str], settings: Collection[str], *, everything: bool
) -> Iterator[tuple[str, str | None]]:
    """Names that are probably meant for us; `everything`: of any beginning, when they are like a setting."""
    for name in sorted(names):
        ours = name.startswith(_OURS)
        if name in settings or name in _ALSO_KNOWN or not (ours or everything):
            continue
        near = difflib.get_close_matches(name, settings, n=1, cutoff=_LIKENESS)
        if near or (ours and everything):
            yield name, near[0] if near else None
