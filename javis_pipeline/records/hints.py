"""What a webhook tells of: a record that may have changed. Its values are never taken from it."""

from typing import NamedTuple


class Told(NamedTuple):
    """A record that a webhook names, as far as it does.

    Attributes:
        remote_id: Its id; empty where only the project or space is known.
        scope: Key of its project or space; None where only the id is known.
        delivery: What the sender calls the delivery that named it; None where it has no name.
    """

    remote_id: str
    scope: str | None
    delivery: str | None = None
