"""What the findings are made from: the tables, the calendar, and what was already derived."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from javis_pipeline.context.attention import asleep_since
from javis_pipeline.context.blockers import BlockingGraph
from javis_pipeline.context.days import Today
from javis_pipeline.context.frames import Frames
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.records.context import PageState
from javis_pipeline.records.flow import Flow
from javis_pipeline.records.forecast import Forecast
from javis_pipeline.records.people import PersonLoad
from javis_pipeline.records.plans import EpicProgress, SprintState, VersionState


@dataclass(frozen=True, eq=False)
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
    workload: tuple[PersonLoad, ...]
    epics: tuple[EpicProgress, ...]
    versions: tuple[VersionState, ...]
    forecasts: tuple[Forecast, ...]

    @cached_property
    def asleep_since(self) -> dt.date | None:
        """The last day on which anything moved here, when that is long ago."""
        return asleep_since(self.issues, self.today)

    def forecast_of(self, subject: str) -> Forecast | None:
        """The forecast of a sprint or epic ("sprint:31"); None when it has nothing left or is not forecast."""
        return next((forecast for forecast in self.forecasts if forecast.subject == subject), None)

    @cached_property
    def open_issues(self) -> pd.DataFrame:
        """The issues that are not done: in most projects a small part of all."""
        return self.issues[self.issues["is_open"]]

    @cached_property
    def not_started(self) -> pd.DataFrame:
        """The open issues that nobody has begun."""
        return self.open_issues[self.open_issues["status_category"] == "new"]

    @cached_property
    def in_progress(self) -> pd.DataFrame:
        """The open issues that somebody has begun."""
        return self.open_issues[self.open_issues["status_category"] == "indeterminate"]
