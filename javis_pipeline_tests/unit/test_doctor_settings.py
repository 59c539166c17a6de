"""What the doctor says about the settings file."""

from pathlib import Path

import pytest

from javis_pipeline.settings_origin import Origin
from javis_pipeline.steps.doctor import check_settings


@pytest.mark.parametrize(
    ("mode", "verdicts"), [(0o600, ["ok"]), (0o640, ["ok", "warning"]), (0o604, ["ok", "warning"])]
)
def test_given_a_settings_file_that_others_may_read_then_the_doctor_says_so(tmp_path: Path, mode, verdicts):
    file = tmp_path / ".env"
    file.write_text("JIRA_TOKEN=some\n")
    file.chmod(mode)

    checks = list(check_settings(Origin(file, ("JIRA_TOKEN",), (), {}, ())))

    assert [check.verdict for check in checks] == verdicts
    assert all("some" not in f"{check.finding}{check.remedy}" for check in checks)
