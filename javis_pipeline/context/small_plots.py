"""Pictures of a work context that are small enough to stand in a line of a table: SVG of some hundred characters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.flow import FlowDay

WIDTH: Final = 260
HEIGHT: Final = 48

# As in the large ones: colours that people with any colour vision can tell apart.
_BLUE, _ORANGE, _GREEN, _RED = "#07b", "#e90", "#097", "#d50"
# Half a year of weeks, and today.
_POINTS: Final = 27


def small_plot(context: WorkContext, name: str) -> tuple[str, str]:
    """One picture, by its name in `SMALL_PLOTS`, as SVG, and what is said beside it.

    The SVG is empty where there is nothing to draw: then the words say why.
    """
    shapes, words = SMALL_PLOTS[name](context)
    head = f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{HEIGHT}' fill='none'>"
    return (f"{head}{''.join(shapes)}</svg>" if shapes else ""), words


Shapes = tuple[Sequence[str], str]


def _cumulative_flow(context: WorkContext) -> Shapes:
    days = _thinned(context.flow.cumulative)
    if len(days) < 2 or not any(day.new + day.indeterminate + day.done for day in days):
        return (), "no work items yet"
    # What was done before the first day is the same height everywhere.
    base = days[0].done
    done = [day.done - base for day in days]
    begun = [height + day.indeterminate for height, day in zip(done, days, strict=True)]
    all_of_them = [height + day.new for height, day in zip(begun, days, strict=True)]
    top = max(all_of_them) or 1
    layers = ((_BLUE, all_of_them), (_ORANGE, begun), (_GREEN, done))
    last = days[-1]
    words = f"{last.new} not started (blue), {last.indeterminate} in progress (orange), {last.done} done (green)"
    return [_area(colour, heights, top) for colour, heights in layers], words


def _area(colour: str, heights: Sequence[int], top: int) -> str:
    places = _scaled(heights, top)
    step = WIDTH // (len(places) - 1)
    line = ",".join(f"{step},{place - before}" for before, place in pairwise(places))
    return f"<path fill='{colour}' d='M0,{places[0]}l{line}V{HEIGHT}H0z'/>"


def _cycle_times(context: WorkContext) -> Shapes:
    flow = context.flow
    if not flow.cycles or flow.cycle_p85_days is None:
        return (), "no finished item has a known start"
    # A few items that took very long would press all others to the ground.
    top = max(1.0, 1.6 * flow.cycle_p85_days)
    latest = flow.cycles[-_POINTS:]
    places = _scaled([min(item.cycle_days, top) for item in latest], top)
    step = WIDTH // len(latest)
    dots = "".join(f"M{step * place + 4},{height}h0" for place, height in enumerate(places))
    (p85,) = _scaled([flow.cycle_p85_days], top)
    shapes = [
        f"<path stroke='{_RED}' stroke-dasharray='4' d='M0,{p85}H{WIDTH}'/>",
        f"<path stroke='{_BLUE}' stroke-width='5' stroke-linecap='round' d='{dots}'/>",
    ]
    return shapes, f"85 % within {flow.cycle_p85_days:g} days (the line); the latest {len(latest)} items"


def _throughput(context: WorkContext) -> Shapes:
    weeks = context.flow.throughput[-_POINTS:]
    if not context.flow.finished_in_window:
        return (), f"nothing was finished in {len(context.flow.throughput)} weeks"
    heights = _scaled([week.finished for week in weeks], max(1, *(week.finished for week in weeks)))
    step = WIDTH // len(weeks)
    bars = "".join(f"M{step * place + 5},{HEIGHT}V{height}" for place, height in enumerate(heights) if height < HEIGHT)
    words = f"{len(weeks)} weeks: {context.flow.weekly_pace:.1f} finished a week, in the last {weeks[-1].finished}"
    return [f"<path stroke='{_BLUE}' stroke-width='{max(2, step - 3)}' d='{bars}'/>"], words


# In the order in which they are shown.
SMALL_PLOTS: Final[Mapping[str, Callable[[WorkContext], Shapes]]] = {
    "cumulative_flow": _cumulative_flow,
    "cycle_times": _cycle_times,
    "throughput": _throughput,
}


def _scaled(values: Iterable[float], top: float) -> list[int]:
    """From the upper edge, in pixels."""
    return [HEIGHT - round((HEIGHT - 4) * value / top) for value in values]


def _thinned(days: Sequence[FlowDay]) -> Sequence[FlowDay]:
    """So many of them as can be drawn, evenly, the last among them."""
    step = -(-len(days) // _POINTS)
    return days[::-1][::step][::-1] if step > 1 else days
