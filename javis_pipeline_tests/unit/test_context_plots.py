"""The pictures: their size, and that nothing in them overlaps or is cut off."""

import struct
from itertools import combinations
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from javis_pipeline.context import plots
from javis_pipeline.context.small_plots import HEIGHT, SMALL_PLOTS, small_plot
from javis_pipeline.defs.metadata import UNFOLDED, drawing, unfolded_table
from javis_pipeline_tests.context_tables import a_change, a_context, a_sprint, ago, an_issue, day, in_sprint


def _busy():
    finished = [
        an_issue(
            f"OQC-{number}",
            "done",
            created_at=ago(200),
            resolved_at=ago(1 + number % 170),
            parent_key=f"OQC-{900 + number % 8}",
        )
        for number in range(1, 400)
    ]
    starts = [a_change(f"OQC-{number}", "new", "indeterminate", 8 + number % 170) for number in range(1, 400)]
    epics = [
        an_issue(
            f"OQC-{number}",
            issue_type="Epic",
            due_date=day(60),
            title="\x1bRebuild the $whole$ 全部 \N{ROCKET} thing from scratch",
        )
        for number in range(900, 908)
    ]
    left = [an_issue(f"OQC-{number}", parent_key=f"OQC-{900 + number % 8}") for number in range(500, 560)]
    return a_context(
        issues=[*finished, *epics, *left],
        status_changes=starts,
        sprints=[a_sprint(name="The sprint with the long name 2026-03")],
        issue_sprints=in_sprint("OQC-500", "OQC-501"),
    )


CONTEXTS = {"empty": a_context(), "small": a_context(issues=[an_issue("OQC-1")]), "busy": _busy()}


@pytest.mark.parametrize("name", plots.PLOTS)
@pytest.mark.parametrize("context", CONTEXTS)
def test_a_plot_is_a_png_of_the_size_that_slack_shows(name, context):
    picture = plots.plot(CONTEXTS[context], name)

    assert picture.startswith(b"\x89PNG\r\n")
    assert struct.unpack(">II", picture[16:24]) == (800, 450)
    assert len(picture) < 100_000


def test_the_overview_holds_all_four():
    assert struct.unpack(">II", plots.overview(CONTEXTS["busy"])[16:24]) == (1600, 900)


@pytest.mark.parametrize("name", plots.PLOTS)
@pytest.mark.parametrize("context", CONTEXTS)
def test_no_text_overlaps_another_or_leaves_the_picture(name, context):
    figure = plots._figure(plots.WIDTH, plots.HEIGHT)
    axes = figure.add_subplot()
    plots._drawn(axes, CONTEXTS[context], name)
    canvas = FigureCanvasAgg(figure)

    canvas.draw()

    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    ticks = {
        label
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2)
    }
    low_x, high_x, low_y, high_y = (*axes.get_xlim(), *sorted(axes.get_ylim()))
    shown = [
        text
        for text in texts
        if text not in ticks
        or (text.get_position()[0] in (0, 1) and low_y <= text.get_position()[1] <= high_y)
        or (text.get_position()[1] in (0, 1) and low_x <= text.get_position()[0] <= high_x)
    ]
    boxes = {text: text.get_window_extent() for text in shown}
    assert len(boxes) >= 2
    for text, box in boxes.items():
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= plots.WIDTH, text
        assert box.y1 <= plots.HEIGHT, text
    for (one, box), (other, other_box) in combinations(boxes.items(), 2):
        assert not box.overlaps(other_box), (one, other)


def test_equal_contexts_give_equal_pictures():
    assert plots.plot(CONTEXTS["busy"], "forecast") == plots.plot(CONTEXTS["busy"], "forecast")


@pytest.mark.parametrize("name", SMALL_PLOTS)
@pytest.mark.parametrize("context", CONTEXTS)
def test_a_small_plot_is_a_drawing_that_the_ui_shows_without_a_click(name, context):
    svg, words = small_plot(CONTEXTS[context], name)
    shown = drawing(svg, name, words).value

    assert len(shown) < UNFOLDED
    assert bool(svg) == (context == "busy" or (context, name) == ("small", "cumulative_flow"))
    if svg:
        assert {child.tag.rpartition("}")[2] for child in ElementTree.fromstring(svg)} == {"path"}
        assert unquote(shown) == f"![{name}](data:image/svg+xml,{svg})  \n{words}"
        assert not set('<> "#') & set(shown.partition("](")[2].partition(")")[0])


def test_a_small_plot_of_throughput_has_a_bar_for_each_week_in_which_something_was_finished():
    weeks = CONTEXTS["busy"].flow.throughput[-27:]

    svg, words = small_plot(CONTEXTS["busy"], "throughput")

    assert svg.count(f",{HEIGHT}V") == sum(week.finished > 0 for week in weeks)
    assert words.endswith(f"in the last {weeks[-1].finished}")


def test_a_table_is_as_long_as_the_ui_shows_without_a_click_and_counts_the_rest():
    rows = [(number, "what it is about") for number in range(200)]

    shown = unfolded_table(["number", "about"], rows).value

    assert len(shown) < UNFOLDED
    lines = shown.splitlines()
    assert lines[-1] == f"and {200 - (len(lines) - 4)} more"
    assert unfolded_table(["number", "about"], rows[:3]).value.count("\n") == 4
    assert unfolded_table(["number", "about"], []).value == "*none*"
