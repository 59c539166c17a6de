"""Which Confluence a company runs, and whether we can work with it."""

import re
from typing import Final, NamedTuple, Self

from javis_pipeline.errors import SettingError

# The list of pages by cursor came with 7.18; the first that was kept up for long after it is this one.
OLDEST: Final = (7, 19)
TRIED: Final = (8, 5)
# What Atlassian's own site says that it is.
_CLOUD: Final = 1000


class Release(NamedTuple):
    """A version as the site tells it, and the numbers that it begins with."""

    version: str
    numbers: tuple[int, int]

    @classmethod
    def read(cls, told: object) -> Self | None:
        """A release; None for what is none, or is not of a company's own site."""
        found = re.match(r"(\d{1,4})\.(\d{1,4})", told) if isinstance(told, str) else None
        if found is None or int(found[1]) >= _CLOUD:
            return None
        return cls(str(told), (int(found[1]), int(found[2])))

    def check(self, url: str) -> None:
        """SettingError for a release that lacks what we need."""
        if self.numbers < OLDEST:
            raise SettingError(
                f"{url}: this is Confluence {self.version}; {_text(OLDEST)} or newer is needed. "
                "Have it upgraded, or take CONFLUENCE_SPACES out of the settings"
            )

    def remarks(self) -> list[str]:
        """What a person should know of it, with the remedy."""
        if self.numbers >= TRIED:
            return []
        return [
            f"Confluence {self.version} is older than {_text(TRIED)}, with which javis is tried: look at the first "
            "edits that it sends, and have the site upgraded"
        ]


def _text(numbers: tuple[int, int]) -> str:
    return f"{numbers[0]}.{numbers[1]}"
