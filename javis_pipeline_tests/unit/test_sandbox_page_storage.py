"""How the sandbox's page shows what Confluence stores."""

import pytest

from javis_pipeline.sandbox.page.storage_view import storage_html

DECISION = (
    '<ac:adf-extension><ac:adf-node type="decision-list"><ac:adf-attribute key="local-id">d</ac:adf-attribute>'
    '<ac:adf-node type="decision-item"><ac:adf-attribute key="state">DECIDED</ac:adf-attribute>'
    "<ac:adf-content>We <b>go</b></ac:adf-content></ac:adf-node></ac:adf-node>"
    "<ac:adf-fallback><ul><li>We go</li></ul></ac:adf-fallback></ac:adf-extension>"
)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        pytest.param(
            '<ac:layout><ac:layout-section ac:type="two_equal"><ac:layout-cell><p>a</p></ac:layout-cell>'
            "<ac:layout-cell><p>b</p></ac:layout-cell></ac:layout-section></ac:layout>",
            '<div class="columns"><div><p>a</p></div><div><p>b</p></div></div>',
            id="columns",
        ),
        pytest.param('<tr><td colspan="2">a</td></tr>', '<tr><td colspan="2">a</td></tr>', id="wide cell"),
        pytest.param(
            '<ac:structured-macro ac:name="expand"><ac:parameter ac:name="title">Old &amp; new</ac:parameter>'
            "<ac:rich-text-body><p>a</p></ac:rich-text-body></ac:structured-macro>",
            "<details open><summary>Old &amp; new</summary><p>a</p></details>",
            id="expand",
        ),
        pytest.param(
            '<span style="background-color: red; color: rgb(255, 86,48);">hot</span>',
            '<font color="#ff5630">hot</font>',
            id="coloured words",
        ),
        pytest.param('<span style="background-color: red">a</span>', "<span>a</span>", id="another style"),
        pytest.param(DECISION, '<ul class="tasks"><li>⤷ We <b>go</b></li></ul>', id="decisions"),
        pytest.param(
            "<ac:adf-extension><ac:adf-node><ac:adf-attribute>x</ac:adf-attribute></ac:adf-node>"
            "<ac:adf-fallback><p>shown instead</p></ac:adf-fallback></ac:adf-extension>",
            "<p>shown instead</p>",
            id="other extension",
        ),
    ],
)
def test_given_a_stored_body_when_shown_then_it_looks_as_in_confluence(body: str, shown: str) -> None:
    assert storage_html(body, name_of=str) == shown
