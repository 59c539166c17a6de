"""What is switched on or off, and by which setting."""

from typing import Final, Literal, NamedTuple

Verb = Literal["send", "read_restricted", "create", "comments", "worklogs", "links", "delete"]
Way = Literal["archive", "delete"]
"""What becomes there of a record whose row is deleted here."""


class LeftAlone(NamedTuple):
    """Fields of which a pull changes nothing that is here.

    Attributes:
        unread: Neither read nor sent.
        kept: Changed here only: what the remote has is taken of new records.
    """

    unread: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        """All that nothing is taken of once the record is here."""
        return self.unread | self.kept


NOTHING_LEFT_ALONE: Final = LeftAlone()


class Policy(NamedTuple):
    """One switch.

    Attributes:
        system: "jira" or "confluence"; "*" for both.
        scope: Project or space key; "*" for every one.
        verb: `send`: writing to the remote. `read_restricted`: whether `javis_read` sees restricted texts.
            `create`: whether rows may be inserted, and become records there. `comments`: whether comments are written
            here too. `delete`: what becomes there of records whose rows are deleted here.
        policy: "on" or "off"; of `delete` a way, or "off".
        setting: The variable that says so.
    """

    system: str
    scope: str
    verb: Verb
    policy: Literal["on", "off"] | Way
    setting: str
