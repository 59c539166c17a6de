"""What the demo's issues hold in the fields that their site has of its own: told by their handles, not by chance."""

from datetime import date, timedelta
from typing import Any, Final
from zlib import crc32

from javis_pipeline.sandbox.demo.plans import Plan, Team

VERSIONS: Final = ("1.0", "1.1")


def own_values(team: Team, plan: Plan, handle: str, today: date) -> dict[str, Any]:
    """Values by what the sandbox calls the fields, in the form that its editors take."""
    number = crc32(handle.encode())
    if plan.kind == "Bug":
        found_in = VERSIONS[number % 2]
        return {
            "severity": {"value": ("S1", "S2", "S3")[number % 3]},
            "found_in": {"name": found_in},
            "affected_versions": [found_in],
            "browsers": [{"value": name} for name in (("Chrome",), ("Chrome", "Firefox"))[number % 2]],
        }
    if plan.kind == "Story" and number % 2:
        return {
            "risk": number % 10 / 2,
            "reviewer": _another(team, plan.who, number),
            "due_at_customer": (today + timedelta(days=30 + number % 90)).isoformat(),
        }
    return {}


def _another(team: Team, who: str | None, number: int) -> str:
    others = [name for name in team.people if name != who]
    return others[number % len(others)]
