"""The graph of "blocks" links: what holds up what."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import networkx as nx
import pandas as pd

from javis_pipeline.context.days import as_text
from javis_pipeline.context.frames import Frames
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.records.blockers import Blocker, Blockers, BlockingLink

# What the context lists; a reader cannot follow more, and the counts are made from all.
_LINKS_LISTED = 200
_ROOTS_LISTED = 50
_HELD_UP_LISTED = 20


@dataclass(frozen=True)
class Node:
    """An issue in the graph. `category` is None when it is not known here."""

    key: str
    category: str | None
    points: float | None
    is_outside: bool

    @property
    def project(self) -> str:
        """Key of its project."""
        return self.key.rpartition("-")[0]


@dataclass(frozen=True, eq=False)
class BlockingGraph:
    """Edges go from the blocker to the issue that waits for it, and only where something is really held up.

    The waiting issue is open. The blocker is open, or is not synced and may be open. Only what is connected with an
    issue of the project is kept.

    Attributes:
        graph: Nodes are keys.
        nodes: Every node by its key.
    """

    graph: "nx.DiGraph[str]"
    nodes: Mapping[str, Node]

    @cached_property
    def cycles(self) -> list[list[str]]:
        """Sets of issues that wait for each other, keys in order."""
        return sorted(sorted(part) for part in nx.strongly_connected_components(self.graph) if len(part) > 1)

    def blockers_of(self, key: str) -> list[str]:
        """What `key` directly waits for, in key order; [] for an issue that is not blocked."""
        return sorted(self.graph.predecessors(key)) if key in self.graph else []

    def held_up_by(self, key: str) -> set[str]:
        """All that waits for `key`, directly or through others; without `key` itself, even in a cycle."""
        return nx.descendants(self.graph, key) if key in self.graph else set()

    @cached_property
    def blocked(self) -> list[str]:
        """Issues of the project that wait for something, in key order."""
        return sorted(key for key, count in self.graph.in_degree() if count and not self.nodes[key].is_outside)


def build_graph(issues: pd.DataFrame, frames: Frames, thresholds: Thresholds) -> BlockingGraph:
    """The graph of a project.

    Args:
        issues: The project's issues; needs `key`, `status_category`, `story_points`.
    """
    edges = _edges(frames.links, thresholds)
    nodes = _nodes(issues, frames.outside_issues, pd.concat([edges["blocker"], edges["blocked"]]))
    live = [
        (blocker, blocked, {"number": None if pd.isna(number) else int(number)})
        for blocker, blocked, number in edges.itertuples(index=False, name=None)
        if blocker != blocked
        and nodes[blocker].category != "done"
        and nodes[blocked].category in ("new", "indeterminate")
    ]
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(live)
    for part in list(nx.weakly_connected_components(graph)):
        if all(nodes[key].is_outside for key in part):
            graph.remove_nodes_from(part)
    return BlockingGraph(graph, {key: nodes[key] for key in graph})


def describe_blockers(graph: BlockingGraph) -> Blockers:
    """Roots, chains and cycles of the graph, in a form that can be read."""
    order: nx.DiGraph[Any] = nx.condensation(graph.graph)
    depths = _depths(order)
    roots = [
        _blocker(graph, next(iter(members)), depths[part])
        for part, members in order.nodes(data="members")
        if order.in_degree(part) == 0 and len(members) == 1
    ]
    # Roots come from the outside as well; they matter only by what they hold up here.
    roots.sort(key=lambda root: (-root.held_up, -root.depth, root.key))
    links: list[tuple[str, str, int | None]] = sorted(graph.graph.edges(data="number"))
    return Blockers(
        roots=tuple(roots[:_ROOTS_LISTED]),
        cycles=tuple(tuple(cycle) for cycle in graph.cycles),
        links=tuple(
            BlockingLink(
                blocker_key=blocker,
                blocked_key=blocked,
                crosses_projects=graph.nodes[blocker].project != graph.nodes[blocked].project,
                number=number,
            )
            for blocker, blocked, number in links[:_LINKS_LISTED]
        ),
        blocked=len(graph.blocked),
        deepest=max(depths.values(), default=0),
    )


def _edges(links: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Distinct (blocker, blocked) by key, with the number of the latest link that says so.

    A link that is known from both ends comes once.
    """
    label = links["label"].str.casefold()
    links = links.assign(number=pd.to_numeric(links["link_id"], errors="coerce"))
    forward = links.loc[label.isin(thresholds.blocks_labels), ["key", "other_key", "number"]]
    backward = links.loc[label.isin(thresholds.blocked_by_labels), ["other_key", "key", "number"]]
    names = ["blocker", "blocked", "number"]
    edges = pd.concat([forward.set_axis(names, axis=1), backward.set_axis(names, axis=1)])
    edges = edges.sort_values("number", kind="stable", na_position="first")
    return edges.drop_duplicates(["blocker", "blocked"], keep="last").sort_index(kind="stable")


def _nodes(issues: pd.DataFrame, outside: pd.DataFrame, keys: "pd.Series[str]") -> dict[str, Node]:
    """A node for each of `keys`; unknown ones are outside and have no category."""
    nodes = {key: Node(key, None, None, is_outside=True) for key in keys}
    columns = ["key", "status_category", "story_points"]
    for table, is_outside in ((outside, True), (issues, False)):
        known = table.loc[table["key"].isin(keys), columns]
        for key, category, points in known.itertuples(index=False, name=None):
            nodes[key] = Node(key, as_text(category), None if pd.isna(points) else float(points), is_outside)
    return nodes


def _depths(order: "nx.DiGraph[Any]") -> dict[Hashable, int]:
    """Length of the longest chain behind each part of an acyclic graph, in parts."""
    depths: dict[Hashable, int] = {}
    for part in reversed(list(nx.topological_sort(order))):
        depths[part] = max((depths[after] + 1 for after in order.successors(part)), default=0)
    return depths


def _blocker(graph: BlockingGraph, key: str, depth: int) -> Blocker:
    held_up = sorted(graph.held_up_by(key))
    node = graph.nodes[key]
    return Blocker(
        key=key,
        held_up=len(held_up),
        held_up_keys=tuple(held_up[:_HELD_UP_LISTED]),
        depth=depth,
        held_up_points=_sum(graph.nodes[each].points for each in held_up),
        projects=tuple(sorted({graph.nodes[each].project for each in held_up})),
        is_outside=node.is_outside,
        state_known=node.category is not None,
    )


def _sum(points: Iterable[float | None]) -> float | None:
    known = [value for value in points if value is not None]
    return sum(known) if known else None
