"""What is switched on or off, and by which setting."""

from typing import Literal, NamedTuple

Verb = Literal["send", "read_restricted", "create", "comments"]


class Policy(NamedTuple):
    """One switch.

    Attributes:
        system: "jira" or "confluence"; "*" for both.
        scope: Project or space key; "*" for every one.
        verb: `send`: writing to the remote. `read_restricted`: whether `javis_read` sees restricted texts.
            `create`: whether rows may be inserted, and become records there. `comments`: whether comments are written
            here too.
        policy: "on" or "off".
        setting: The variable that says so.
    """

    system: str
    scope: str
    verb: Verb
    policy: Literal["on", "off"]
    setting: str
