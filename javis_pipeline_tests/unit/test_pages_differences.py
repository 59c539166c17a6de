"""What people are shown of a page that both sides changed."""

from javis_pipeline.sync.richtext.storage.differences import Difference, page_differences


def test_given_changes_in_two_places_then_each_is_shown_readable_with_what_is_alike_counted():
    base = "<h1>Plan</h1><p>One.</p><p>Two.</p><p>Three.</p><p>Four.</p>"
    local = base.replace("One.", "One, <strong>here</strong>.").replace("<p>Four.</p>", "")
    remote = base.replace("One.", "One, there.")

    assert page_differences(base, local, remote) == [
        Difference(1, "One.", "One, **here**.", "One, there."),
        Difference(2, "Four.", "", "Four."),
    ]


def test_given_edits_that_touch_then_they_are_one_place():
    base = "<p>1</p><p>2</p><p>3</p>"

    assert page_differences(base, "<p>a</p><p>2</p><p>3</p>", "<p>1</p><p>b</p><p>3</p>") == [
        Difference(0, "1\n\n2", "a\n\n2", "1\n\nb")
    ]


def test_given_a_change_that_markdown_does_not_show_then_the_source_is_shown():
    base, local = '<p><ac:image ac:width="1" /></p>', '<p><ac:image ac:width="2" /></p>'

    (place,) = page_differences(base, local, base) or []

    assert (place.before, place.here, place.there) == (base, local, base)


def test_given_a_malformed_side_then_there_is_no_list_of_places():
    assert page_differences("<p>1</p>", "<p>1", "<p>2</p>") is None


def test_given_only_other_spellings_then_nothing_differs():
    assert page_differences("<p>1</p>", "<p >1</p>\n", '<p local-id="x">1</p>') == []
