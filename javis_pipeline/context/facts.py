"""What the findings are made from: the tables, the calendar, and what was already derived."""

from dataclasses import dataclass

import pandas as pd

from javis_pipeline.context.blockers import BlockingGraph
from javis_pipeline.context.days import Today
from javis_pipeline.context.frames import Frames
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.records.context import Flow, PageState, SprintState


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """Input of every risk.

    Attributes:
        issues: As `with_history` returns them, with the bool column `in_sprint` (in an active sprint).
        sprints: The active sprints.
    """

    project_key: str
    today: Today
    thresholds: Thresholds
    frames: Frames
    issues: pd.DataFrame
    flow: Flow
    sprints: tuple[SprintState, ...]
    graph: BlockingGraph
    pages: tuple[PageState, ...]

    @property
    def open_issues(self) -> pd.DataFrame:
        """The issues that are not done."""
        return self.issues[self.issues["is_open"]]
