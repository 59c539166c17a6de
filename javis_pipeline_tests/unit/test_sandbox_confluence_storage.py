"""What the sandbox's Confluence does to a storage body."""

from collections.abc import Callable
from itertools import count

import pytest

from javis_pipeline.sandbox.confluence.storage import MalformedStorage, plain_text, rewrite


def ids() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"id-{next(numbers)}"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param('<i title="b" class="a">x</i>', '<i class="a" title="b">x</i>', id="attributes are sorted"),
        pytest.param("<hr></hr><br/>", "<hr /><br />", id="empty elements close in one way"),
        pytest.param("<i>&nbsp;ü &#8217;</i>", "<i>&nbsp;&uuml; &rsquo;</i>", id="entities have names"),
        pytest.param('<i>say "a&amp;b" &lt;</i>', "<i>say &quot;a&amp;b&quot; &lt;</i>", id="XML stays escaped"),
        pytest.param("<i>日本</i>", "<i>日本</i>", id="characters without a name stay"),
        pytest.param("<i>a</i><!-- secret -->", "<i>a</i>", id="comments go"),
        pytest.param("<p>x</p>", '<p local-id="id-1">x</p>', id="a paragraph gets an id"),
        pytest.param('<p local-id="mine">x</p>', '<p local-id="mine">x</p>', id="an id is kept"),
        pytest.param("<p><p>x</p></p>", '<p local-id="id-1">x</p>', id="a nested paragraph is unwrapped"),
        pytest.param(
            '<ac:structured-macro ac:name="toc"/>',
            '<ac:structured-macro ac:macro-id="id-1" ac:name="toc" />',
            id="a macro gets an id",
        ),
        pytest.param(
            '<ri:page ri:content-title="A &amp; B"/>',
            '<ri:page ri:content-title="A &amp; B" ri:version-at-save="1" />',
            id="a link remembers the version",
        ),
        pytest.param(
            "<ac:plain-text-body><![CDATA[if a<b && &nbsp;]]></ac:plain-text-body>",
            "<ac:plain-text-body><![CDATA[if a<b && &nbsp;]]></ac:plain-text-body>",
            id="CDATA stays",
        ),
    ],
)
def test_given_a_body_when_it_is_stored_then_it_is_spelled_as_the_server_does(sent: str, kept: str) -> None:
    stored = rewrite(sent, new_id=ids())

    assert stored == kept
    assert rewrite(stored, new_id=ids()) == stored


@pytest.mark.parametrize("body", ["<p>a</b>", "<p>", "a < b", "&bogus;", "<!DOCTYPE x [<!ENTITY a 'b'>]><p>&a;</p>"])
def test_given_a_malformed_body_when_it_is_stored_then_it_is_refused(body: str) -> None:
    with pytest.raises(MalformedStorage, match="Error parsing xhtml"):
        rewrite(body, new_id=ids())


def test_given_a_stored_body_when_its_words_are_asked_then_markup_is_gone_and_code_is_kept() -> None:
    body = "<p>a&nbsp;&lt;b&gt;</p><ac:plain-text-body><![CDATA[x < y]]></ac:plain-text-body>"

    assert plain_text(body) == "a <b> x < y"
