"""What forms are made of, and what several of them have."""

import re
from typing import Final, TypeAlias

Form: TypeAlias = "type | re.Pattern[str] | list[Form] | tuple[Form, ...] | Object | None"
"""A type; a pattern of a text; a list of one form; any of several; an object, in which a name with "?" may be missing;
None for null. `object` is anything."""
Object: TypeAlias = dict[str, Form]

DIGITS: Final = re.compile(r"\d+")
AT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}")
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
ANYTHING: Final = object
