"""The small tables that issues refer to by id: statuses, priorities, types, resolutions, sprints, teams, versions,
components.

To rename one changes no issue: clean rows show the new name at once, in whichever language it is told. Functions here
never commit, and need a transaction with the origin "sync".
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from psycopg.sql import SQL, Composed, Identifier, Literal

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.db.table_queries import for_table
from javis_pipeline.records.jira import Called, LinkType, Priority, Sprint, Status, Version
from javis_pipeline.records.tables import Table
from javis_pipeline.records.values import ResourceRef

_QUERIES = named_queries("dimensions")

Named = TypeVar("Named")


class Dimension(NamedTuple):
    """A small table, and where issues show its names.

    Attributes:
        table: Its name.
        id: Its key; of what an issue has one of, also the column of issues with it.
        columns: The columns of issues with names out of it.
        sorts: Custom fields of these sorts hold such names too.
    """

    table: str
    id: str
    columns: tuple[str, ...]
    sorts: tuple[str, ...] = ()


STATUSES: Final = Dimension("statuses", "status_id", ("status",))
PRIORITIES: Final = Dimension("priorities", "priority_id", ("priority",))
SPRINTS: Final = Dimension("sprints", "sprint_id", ("sprint",))
ISSUE_TYPES: Final = Dimension("issue_types", "issue_type_id", ("issue_type",))
RESOLUTIONS: Final = Dimension("resolutions", "resolution_id", ("resolution",))
TEAMS: Final = Dimension("teams", "team_id", ("team",))
VERSIONS: Final = Dimension("versions", "version_id", ("fix_versions", "affected_versions"), ("version", "versions"))
COMPONENTS: Final = Dimension("components", "component_id", ("components",), ("components",))


def knows_choices(conn: Connection, project_key: str) -> bool:
    """Whether the status and the priority of every issue of a project are among those that are stored."""
    return not conn.execute(_QUERIES["unknown_choices"], {"project_key": project_key}).fetchall()


def store_sprints(conn: Connection, sprints: Iterable[Sprint], table: Table) -> None:
    """Insert or correct sprints; issues show a renamed sprint by its new name."""
    found = _once(sprints, lambda sprint: sprint.sprint_id)
    if not found:
        return
    params = {
        "sprint_ids": [sprint.sprint_id for sprint in found],
        "board_ids": [sprint.board_id for sprint in found],
        "names": [sprint.name for sprint in found],
        "states": [sprint.state for sprint in found],
        "goals": [sprint.goal for sprint in found],
        "start_ats": [sprint.start_at for sprint in found],
        "end_ats": [sprint.end_at for sprint in found],
        "completed_ats": [sprint.completed_at for sprint in found],
    }
    _follow(conn, SPRINTS, table, _changed(conn, _QUERIES["store_sprints"], params))


def store_statuses(conn: Connection, statuses: Iterable[Status], table: Table) -> None:
    """Insert or correct statuses; clean issues show a renamed status by its new name, and its category."""
    found = _once(statuses, lambda status: status.status_id)
    params = {
        "ids": [status.status_id for status in found],
        "names": [status.name for status in found],
        "categories": [status.category for status in found],
    }
    changed = _changed(conn, _QUERIES["store_statuses"], params)
    _follow(conn, STATUSES, table, changed)
    if changed:
        conn.execute(_QUERIES["follow_categories"], {"ids": changed})


def store_priorities(conn: Connection, priorities: Iterable[Priority], table: Table) -> None:
    """Insert or correct priorities; clean issues show a renamed priority by its new name."""
    found = _once(priorities, lambda priority: priority.priority_id)
    params = {
        "ids": [priority.priority_id for priority in found],
        "names": [priority.name for priority in found],
        "ranks": [priority.rank for priority in found],
    }
    _follow(conn, PRIORITIES, table, _changed(conn, _QUERIES["store_priorities"], params))


def store_names(conn: Connection, dimension: Dimension, called: Iterable[Called], table: Table) -> None:
    """Insert or rename issue types, resolutions or teams; clean issues show the new name."""
    found = _once(called, lambda one: one.id)
    query = SQL(_QUERIES["store_names"]).format(dimension=Identifier(dimension.table), id=Identifier(dimension.id))
    params = {"ids": [one.id for one in found], "names": [one.name for one in found]}
    _follow(conn, dimension, table, _changed(conn, query, params))


def store_versions(
    conn: Connection, project_key: str, versions: Iterable[Version], table: Table, *, are_all: bool
) -> list[ResourceRef]:
    """Insert or correct versions of a project; when these are all of them, what is not among them is forgotten.

    Returns:
        Issues of which only a look tells what their versions are called now.
    """
    found = _once(versions, lambda version: version.version_id)
    params = {
        "project_key": project_key,
        "ids": [version.version_id for version in found],
        "names": [version.name for version in found],
        "released": [version.released for version in found],
        "archived": [version.archived for version in found],
        "release_ons": [version.release_on for version in found],
    }
    return _store_sets(conn, VERSIONS, table, _QUERIES["store_versions"], params, are_all=are_all)


def store_components(
    conn: Connection, project_key: str, components: Iterable[Called], table: Table
) -> list[ResourceRef]:
    """Insert or rename the components of a project, which are all of them; as for versions."""
    found = _once(components, lambda component: component.id)
    params = {
        "project_key": project_key,
        "ids": [component.id for component in found],
        "names": [component.name for component in found],
    }
    return _store_sets(conn, COMPONENTS, table, _QUERIES["store_components"], params, are_all=True)


def store_link_types(conn: Connection, types: Iterable[LinkType]) -> None:
    """Keep what links can be called, as the site told it last."""
    found = _once(types, lambda one: one.name)
    params = {name: [getattr(one, name) for one in found] for name in LinkType._fields}
    conn.execute(_QUERIES["store_link_types"], params)
    conn.execute(_QUERIES["forget_link_types"], params)


def _store_sets(
    conn: Connection, dimension: Dimension, table: Table, store: Any, params: Mapping[str, Any], *, are_all: bool
) -> list[ResourceRef]:
    """Rows keep the names of what they have several of. One that was renamed is followed where its old name means
    nothing else by now; where it does, only the site tells which of the two an issue has."""
    of_dimension = {"dimension": Identifier(dimension.table), "dimension_id": Identifier(dimension.id)}
    known = SQL(_QUERIES["known_names"]).format(**of_dimension)
    before = {row["id"]: row["name"] for row in conn.execute(known, params)}
    conn.execute(store, params)
    if are_all:
        conn.execute(SQL(_QUERIES["forget_names"]).format(**of_dimension), params)
    now = dict(zip(params["ids"], params["names"], strict=True))
    renamed = {before[id_]: name for id_, name in now.items() if before.get(id_, name) != name}
    if not renamed:
        return []
    in_use = set(now.values()) if are_all else {*now.values(), *renamed}
    plain = {old: new for old, new in renamed.items() if old not in in_use}
    _follow_in_sets(conn, dimension, table, params["project_key"], plain)
    return _named_by(conn, dimension, table, params["project_key"], [*renamed], renamed.keys() - plain.keys())


def _follow(conn: Connection, dimension: Dimension, table: Table, ids: Sequence[str | int]) -> None:
    if ids:
        (column,) = dimension.columns
        conn.execute(_of_column("follow_names", dimension, table, column), {"ids": ids})


def _follow_in_sets(
    conn: Connection, dimension: Dimension, table: Table, project_key: str, renamed: Mapping[str, str]
) -> None:
    params = {"project_key": project_key, "old": [*renamed], "new": [*renamed.values()]}
    for column in dimension.columns if renamed else ():
        conn.execute(_of_column("follow_names_in_sets", dimension, table, column), params)


def _named_by(
    conn: Connection,
    dimension: Dimension,
    table: Table,
    project_key: str,
    old: Sequence[str],
    doubtful: Collection[str],
) -> list[ResourceRef]:
    columns = SQL("({})").format(SQL(" || ").join(SQL("i.{}").format(Identifier(one)) for one in dimension.columns))
    params = {"project_key": project_key, "old": old, "doubtful": [*doubtful], "sorts": [*dimension.sorts]}
    found = conn.execute(SQL(_QUERIES["issues_with_names"]).format(columns=columns), params)
    return [
        ResourceRef(resource_type=table.kind, resource_id=row["jira_id"], scope=project_key, key=row["key"])
        for row in found
    ]


def _of_column(query: str, dimension: Dimension, table: Table, column: str) -> Composed:
    return for_table(
        _QUERIES[query],
        table,
        dimension=Identifier(dimension.table),
        dimension_id=Identifier(dimension.id),
        column=Identifier(column),
        name=Literal(column),
    )


def _changed(conn: Connection, query: Any, params: Mapping[str, Any]) -> list[str | int]:
    return [row["id"] for row in conn.execute(query, params)]


def _once(values: Iterable[Named], id_of: Callable[[Named], Hashable]) -> Sequence[Named]:
    """Each id once, as it came last: an answer may hold one twice, and one statement cannot store a row twice."""
    return list({id_of(value): value for value in values}.values())
