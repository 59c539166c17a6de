"""What holds up what in a project. Part of its work context."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """An open issue that nothing open blocks, and that others wait for.

    Attributes:
        held_up: How many open issues wait for it, directly or through others.
        held_up_keys: Some of them, in key order.
        depth: Length of the longest chain of issues behind it.
        projects: Projects of the issues that wait for it.
        is_outside: It belongs to another project than the one of the context.
        state_known: False for an issue that is not synced: whether it is done cannot be told.
    """

    key: str
    held_up: int
    held_up_keys: tuple[str, ...]
    depth: int
    held_up_points: float | None
    projects: tuple[str, ...]
    is_outside: bool
    state_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockingLink:
    """`blocker_key` holds up `blocked_key`; both are open, or the blocker's state is not known.

    `number` is greater for a link that was made later; None when it is not known.
    """

    blocker_key: str
    blocked_key: str
    crosses_projects: bool
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blockers:
    """The graph of "blocks" links between open issues, as far as it touches the project.

    Attributes:
        roots: Most held-up work first.
        cycles: Sets of issues that wait for each other, each in key order.
        links: The links themselves, by keys.
        blocked: How many open issues of the project wait for something.
        deepest: Length of the longest chain, counted in issues that wait; cycles count as one issue.
    """

    roots: tuple[Blocker, ...]
    cycles: tuple[tuple[str, ...], ...]
    links: tuple[BlockingLink, ...]
    blocked: int
    deepest: int
