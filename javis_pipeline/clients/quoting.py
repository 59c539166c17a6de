"""Values in JQL and CQL: whatever a query holds that is not ours goes through here."""

import re


def quote(value: str) -> str:
    """The value as a string of JQL or CQL.

    Raises:
        ValueError: It holds a control character, which a query cannot hold.
    """
    if re.search(r"[\x00-\x1f\x7f]", value):
        raise ValueError("a value in a query cannot hold control characters")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
