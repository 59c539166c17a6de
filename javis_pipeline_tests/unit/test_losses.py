"""What an edit would cost, in words."""

import pytest

from javis_pipeline.records.losses import Loss, effect_shown, loss_details

COLOUR = "line 1: 'by Friday' has a colour, which Markdown cannot say, and reads 'soon' now"


@pytest.mark.parametrize(
    ("reasons", "losses", "expected"),
    [
        pytest.param([], [], "", id="nothing"),
        pytest.param([COLOUR], [], COLOUR, id="a colour in doubt"),
        pytest.param(
            [], [Loss("table", "a  b", 2), Loss("media", "", 1)], "loses table: a b (2 times); media", id="losses"
        ),
        pytest.param([COLOUR], [Loss("mention", "@Ann", 1)], f"loses mention: @Ann; {COLOUR}", id="both"),
    ],
)
def test_the_effect_of_an_edit_names_what_goes_and_what_is_in_doubt(
    reasons: list[str], losses: list[Loss], expected: str
) -> None:
    assert effect_shown(loss_details(reasons, losses)) == expected
