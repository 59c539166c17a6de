"""What the log says of a press that went wrong."""

import pytest

from javis_pipeline.clients.slack.inbox import Press, safely


def test_given_a_press_that_fails_then_the_log_names_the_fault_and_no_text_of_an_issue(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refused_by_the_database(_: Press) -> None:
        raise ValueError("Failing row contains (OQC-7, Replace the mirror of customer X)")

    safely(refused_by_the_database, Press("accept", "v", "U1", "Ann", "C1", "1.0", "1.0"))

    assert "action=accept reason=ValueError in refused_by_the_database" in caplog.text
    assert "mirror" not in caplog.text
