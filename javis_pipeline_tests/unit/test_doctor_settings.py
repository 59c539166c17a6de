"""What the doctor says about the settings file."""

from pathlib import Path

import pytest

from javis_pipeline.settings_origin import Origin, find_origin, other_home
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


def test_what_the_shell_says_otherwise_than_a_chosen_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "env"
    file.write_text("JAVIS_HOME=/demo\nJAVIS_TIMEZONE=UTC\nJAVIS_DEMO_PORT=8765\n")
    file.chmod(0o600)
    monkeypatch.setenv("JAVIS_ENV_FILE", str(file))
    monkeypatch.setenv("JAVIS_TIMEZONE", "UTC")
    monkeypatch.setenv("JAVIS_DEMO_PORT", "0")
    names = ("JAVIS_HOME", "JAVIS_TIMEZONE", "JIRA_URL", "JAVIS_DEMO_PORT")

    monkeypatch.setenv("JAVIS_HOME", "/other")
    told = [check.finding for check in check_settings(find_origin(names)) if check.verdict == "warning"]

    assert told == ["JAVIS_HOME: the environment says otherwise than the file, and wins"]
    assert other_home() == ("/other", "/demo")
    monkeypatch.setenv("JAVIS_HOME", "/demo")
    assert other_home() is None
