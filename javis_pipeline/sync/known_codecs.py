"""Codecs of what the site has to know: choices, teams, sprints, people and other records."""

# ruff: noqa: ARG002  codecs share one signature, and each uses of it what it needs

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.values import Value
from javis_pipeline.sync.codecs import Plain, UnreadableValue, Whole


@dataclass(frozen=True)
class Named(Plain):
    """A choice that the remote holds as {"id", "name"}: ids stay, names are changed and translated.

    Attributes:
        what: Word for messages, and which names of the catalog it is about.
    """

    what: Literal["status", "priority", "resolution"]

    def to_local(self, raw: Value) -> Value:
        if raw is None:
            return None
        if not isinstance(raw, Mapping) or not isinstance(raw.get("name"), str):
            raise UnreadableValue(f"is not a {self.what}")
        return str(raw["name"])

    def canonical(self, raw: Value) -> Value:
        return raw.get("id") if isinstance(raw, Mapping) else raw

    def to_remote(self, wanted: Value, *, base: Value, base_raw: Value, catalog: Catalog, lossy: bool) -> Value:
        if wanted is None:
            return None
        ids = self._ids(catalog)[str(wanted)]
        return {"id": ids[0], "name": wanted, "ids": list(ids)}

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        known = self._ids(catalog)
        if wanted is None:
            return "must not be empty; set a status" if self.what == "status" else None
        if wanted in known:
            return None
        return f"'{wanted}' is not a {self.what} here{nearest(str(wanted), known)}"

    def _ids(self, catalog: Catalog) -> Mapping[str, tuple[str, ...]]:
        if self.what == "status":
            return catalog.statuses
        names = catalog.priorities if self.what == "priority" else catalog.resolutions
        return {name: (id_,) for name, id_ in names.items()}


TEAM_ID = re.compile(r"[0-9]+|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]+)+")


class Team(Plain):
    """Who works on something. Jira lists no teams: those are known by name that an issue has named, others by id."""

    def to_local(self, raw: Value) -> Value:
        if raw is None:
            return None
        if not isinstance(raw, Mapping) or not isinstance(raw.get("name"), str):
            raise UnreadableValue("is not a team")
        return str(raw["name"])

    def canonical(self, raw: Value) -> Value:
        return raw.get("id") if isinstance(raw, Mapping) else raw

    def to_remote(self, wanted: Value, *, base: Value, base_raw: Value, catalog: Catalog, lossy: bool) -> Value:
        return None if wanted is None else {"id": team_ids(str(wanted), catalog)[0], "name": wanted}

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        return team_problem(wanted, catalog)


def team_ids(wanted: str, catalog: Catalog) -> list[str]:
    """The ids that a team can have which is meant by a name or by its id; mostly one."""
    called = [team_id for team_id, name in catalog.teams.items() if name == wanted]
    is_id = wanted in catalog.teams or TEAM_ID.fullmatch(wanted)
    return called or ([wanted] if is_id else [])


def team_problem(wanted: Value, catalog: Catalog) -> str | None:
    """Why a team cannot be set, and the remedy; None when it can."""
    if wanted is None:
        return None
    if not isinstance(wanted, str):
        return "takes one team; set its name, or null for none"
    match team_ids(wanted, catalog):
        case [_]:
            return None
        case []:
            if not catalog.teams:
                return f"no issue here has a team yet that could be called '{wanted}'; set its id"
            known = nearest(wanted, set(catalog.teams.values()))
            return f"no issue here has a team '{wanted}'{known}; or the id of one that no issue here has yet"
        case several:
            return f"several teams are called '{wanted}'; set the id of one: {', '.join(several)}"


class SprintNumber(Whole):
    """The sprint that an issue is in, by its number there."""

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if type(wanted) is not int or wanted not in catalog.closed_sprints:
            return None  # one that has not appeared yet: the server knows
        is_open = ", ".join(f"{number} ({name})" for number, name in sorted(catalog.sprints.items())[-12:])
        return f"sprint {wanted} is closed; set one of: {is_open or 'none is open'}, or NULL for none"


class Account(Plain):
    """A user, as account id on both sides."""

    def canonical(self, raw: Value) -> Value:
        return raw or None

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if wanted is None or wanted in catalog.users:
            return None
        ids = [account_id for account_id, name in catalog.users.items() if name == wanted]
        if ids:
            return f"'{wanted}' is a name; set the account id instead: {', '.join(sorted(ids))}"
        if not re.fullmatch(r"[A-Za-z0-9:_-]{1,128}", str(wanted)):
            return f"'{wanted}' is not an account id; the table users lists those that are known"
        return None  # somebody who has not appeared yet: the server knows


class Key(Plain):
    """Another record of the same system, by its key or id."""

    def canonical(self, raw: Value) -> Value:
        return raw or None

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if wanted is None or re.fullmatch(r"[A-Z][A-Z0-9_]*-[1-9][0-9]*|[0-9]+", str(wanted)):
            return None
        return f"'{wanted}' is not a key such as OPS-7; set one, or NULL for none"


def nearest(wanted: str, known: Iterable[str]) -> str:
    """ "; set one of: ..." or, when nothing is near, what there is."""
    names = sorted(known)
    near = difflib.get_close_matches(wanted.casefold(), [name.casefold() for name in names], n=3, cutoff=0.5)
    listed = [name for name in names if name.casefold() in near] or names[:12]
    return f"; set one of: {', '.join(listed)}" if listed else "; none is known yet: sync first"
