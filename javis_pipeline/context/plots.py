"""Four pictures of a work context, 800 x 450 pixels each, as PNG.

Drawn with matplotlib's Figure, never pyplot: no global state, no display, safe in threads. Colours are those of Okabe
and Ito, which people with any colour vision can tell apart; lines differ in their dashes as well.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from io import BytesIO
from typing import Final
from zoneinfo import ZoneInfo

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.forecast import Forecast

WIDTH: Final = 800
HEIGHT: Final = 450
_DPI = 100

_BLUE, _ORANGE, _GREEN, _RED, _GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#666666"
_EPOCH = date(1970, 1, 1)
_FORECASTS_SHOWN = 8
_NAME_LENGTH = 26

Draw = Callable[[Axes, WorkContext], None]


def plot(context: WorkContext, name: str) -> bytes:
    """One picture, by its name in `PLOTS`, as PNG."""
    figure = _figure(WIDTH, HEIGHT)
    _drawn(figure.add_subplot(), context, name)
    return _png(figure)


def overview(context: WorkContext) -> bytes:
    """All pictures in two rows, 1600 x 900 pixels, as PNG."""
    figure = _figure(2 * WIDTH, 2 * HEIGHT)
    for axes, name in zip(figure.subplots(2, 2).flat, PLOTS, strict=True):
        _drawn(axes, context, name)
    return _png(figure)


def _figure(width: int, height: int) -> Figure:
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
    return Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, layout=layout)


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    # Without this the file would name the version of matplotlib, and equal contexts would give unequal files.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _drawn(axes: Axes, context: WorkContext, name: str) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="y", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    PLOTS[name](axes, context)


def _cumulative_flow(axes: Axes, context: WorkContext) -> None:
    days = context.flow.cumulative
    _title(axes, f"{context.project_key}: cumulative flow", "work items")
    if not days or not any(day.new + day.indeterminate + day.done for day in days):
        return _empty(axes, "no work items yet")
    # What was done before the first day is the same height everywhere: cut off, or the bands could not be seen.
    base = days[0].done
    x = [_place(day.day) for day in days]
    axes.stackplot(
        x,
        [day.done - base for day in days],
        [day.indeterminate for day in days],
        [day.new for day in days],
        labels=["done" if not base else f"done (after the first {base})", "in progress", "not started"],
        colors=[_GREEN, _ORANGE, _BLUE],
        alpha=0.85,
    )
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(0, 1.22 * max(day.new + day.indeterminate + day.done - base for day in days))
    _date_axis(axes)
    handles, labels = axes.get_legend_handles_labels()
    # The legend in the order of the bands, from top to bottom.
    axes.legend(handles[::-1], labels[::-1], loc="upper left", ncols=3, frameon=False)
    return None


def _cycle_times(axes: Axes, context: WorkContext) -> None:
    flow = context.flow
    _title(axes, f"{context.project_key}: days from start to finish", "days")
    if not flow.cycles:
        return _empty(axes, "no finished item has a known start")
    days = [item.cycle_days for item in flow.cycles]
    axes.scatter([_place(item.finished_on) for item in flow.cycles], days, s=22, color=_BLUE, alpha=0.6, linewidths=0)
    # A few items that took very long would press all others to the ground.
    top = max(1.0, 1.6 * (flow.cycle_p85_days or 0.0))
    above = sum(day > top for day in days)
    axes.set_ylim(0, top)
    for value, percent, colour, dashes in (
        (flow.cycle_p50_days, 50, _GREEN, "--"),
        (flow.cycle_p85_days, 85, _RED, "-."),
    ):
        if value is not None:
            label = f"{percent} % within {value:g} days"
            axes.axhline(value, color=colour, linestyle=dashes, linewidth=1.8, label=label)
    axes.set_xlabel(
        f"finished on; {above} of {len(days)} items took longer than the axis shows" if above else "finished on"
    )
    _date_axis(axes)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, frameon=False, borderaxespad=0.0)
    return None


def _throughput(axes: Axes, context: WorkContext) -> None:
    weeks = context.flow.throughput
    _title(axes, f"{context.project_key}: finished per week", "work items")
    if not context.flow.finished_in_window:
        return _empty(axes, f"nothing was finished in {len(weeks)} weeks")
    finished = [week.finished for week in weeks]
    axes.bar([_place(week.week_start) + 3.0 for week in weeks], finished, width=5.6, color=_BLUE)
    mean = context.flow.weekly_pace
    axes.axhline(mean, color=_RED, linestyle="--", linewidth=1.8, label=f"mean {mean:.1f}")
    if len(finished) >= 8:
        recent = sum(finished[-4:]) / 4
        ends = [_place(weeks[-4].week_start) - 0.5, _place(weeks[-1].week_start) + 6.5]
        axes.plot(ends, [recent, recent], color=_ORANGE, linewidth=3, label=f"last four weeks {recent:.1f}")
    axes.set_ylim(0, 1.22 * max(finished))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    _date_axis(axes)
    axes.legend(loc="upper left", ncols=2, frameon=False)
    return None


def _forecast(axes: Axes, context: WorkContext) -> None:
    made = [forecast for forecast in context.forecasts if forecast.p85_on is not None][:_FORECASTS_SHOWN]
    axes.set_title(f"{context.project_key}: when it will be done", loc="left", fontsize=13, fontweight="bold", pad=24)
    if not made:
        reason = next((forecast.reason for forecast in context.forecasts), "no sprint or epic has anything left")
        return _empty(axes, reason)
    today = context.as_of.astimezone(ZoneInfo(context.time_zone)).date()
    axes.axvline(_place(today), color=_GREY, linestyle=":", linewidth=1.8, label="today")
    names = _subject_names(context)
    for row, forecast in enumerate(made):
        _forecast_row(axes, row, forecast)
    axes.set_ylim(len(made) - 0.4, -0.6)
    axes.set_yticks(range(len(made)), [_shortened(names.get(forecast.subject, forecast.subject)) for forecast in made])
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color="#dddddd", linewidth=0.8)
    axes.margins(x=0.06)
    _date_axis(axes)
    _forecast_legend(axes)
    return None


def _forecast_legend(axes: Axes) -> None:
    """One entry per label, though every row brought its own."""
    handles, labels = axes.get_legend_handles_labels()
    first = dict(zip(labels, handles, strict=True))
    axes.legend(
        first.values(),
        first.keys(),
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=len(first),
        frameon=False,
        borderaxespad=0.0,
        columnspacing=1.4,
        handlelength=1.6,
    )


def _forecast_row(axes: Axes, row: int, forecast: Forecast) -> None:
    p50, p85, p95 = (_place(day) if day else None for day in (forecast.p50_on, forecast.p85_on, forecast.p95_on))
    if p50 is not None and p85 is not None:
        axes.plot([p50, p85], [row, row], color=_BLUE, linewidth=9, solid_capstyle="butt", label="50-85 %")
    if p85 is not None and p95 is not None:
        axes.plot([p85, p95], [row, row], color=_ORANGE, linewidth=9, solid_capstyle="butt", label="85-95 %")
    if p85 is not None:
        axes.plot(p85, row, marker="D", color="black", markersize=6, linestyle="none", label="85 %")
    if forecast.target_on is not None:
        axes.plot(
            _place(forecast.target_on),
            row,
            marker="|",
            color=_RED,
            markersize=17,
            markeredgewidth=3,
            linestyle="none",
            label="due",
        )


# In the order in which they are shown.
PLOTS: Final[Mapping[str, Draw]] = {
    "cumulative_flow": _cumulative_flow,
    "cycle_times": _cycle_times,
    "throughput": _throughput,
    "forecast": _forecast,
}


def _title(axes: Axes, title: str, unit: str) -> None:
    # Room for a legend between the title and the picture.
    axes.set_title(title, loc="left", fontsize=13, fontweight="bold", pad=24 if "days" in unit else 10)
    axes.set_ylabel(unit)


def _empty(axes: Axes, reason: str) -> None:
    axes.text(0.5, 0.5, reason, transform=axes.transAxes, ha="center", va="center", color=_GREY, fontsize=13, wrap=True)
    axes.set_xticks([])
    axes.set_yticks([])


def _date_axis(axes: Axes) -> None:
    locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]  # matplotlib has no types here
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]  # nor here


def _subject_names(context: WorkContext) -> dict[str, str]:
    titles = {issue.key: issue.title for issue in context.issues}
    sprints = {f"sprint:{sprint.sprint_id}": sprint.name for sprint in context.sprints}
    epics = {f"epic:{epic.key}": f"{epic.key} {titles.get(epic.key) or ''}".strip() for epic in context.epics}
    versions = {f"version:{version.version_id}": version.name for version in context.versions}
    return sprints | epics | versions


def _shortened(name: str) -> str:
    """What of a title fits beside the axis and can be drawn: what the font does not have is left out."""
    drawn = " ".join("".join(char for char in name if ord(char) in _drawable()).split())
    text = drawn if len(drawn) <= _NAME_LENGTH else f"{drawn[: _NAME_LENGTH - 1]}…"
    # A dollar sign would switch to mathematical type.
    return text.replace("$", r"\$")


@cache
def _drawable() -> frozenset[int]:
    """Code points that the default font has a glyph for."""
    return frozenset(get_font(findfont(FontProperties())).get_charmap())


def _place(day: date) -> float:
    """Where a day is on a date axis: matplotlib counts days since 1970."""
    return float((day - _EPOCH).days)
