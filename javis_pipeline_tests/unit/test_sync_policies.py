"""Which way a field may be told to go, and what is said of a choice that cannot be."""

import pytest

from javis_pipeline.errors import SettingError
from javis_pipeline.records.sync import FieldPolicy
from javis_pipeline.sync.policies import checked_policies
from javis_pipeline.systems.jira.kind import JIRA_ISSUE

ELEMENTS = {"customfield_10050": True, "customfield_10051": False}


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("priority", "two_way"),
        ("priority", "none"),
        ("components", "local_to_remote"),
        ("flagged", "remote_to_local"),
        ("customfield_10050", "two_way"),
        ("customfield_10051", "none"),
    ],
)
def test_what_can_be_chosen(name: str, policy: FieldPolicy) -> None:
    assert checked_policies({name: policy}, JIRA_ISSUE, "JIRA_FIELD_POLICY", ELEMENTS) == {name: policy}


@pytest.mark.parametrize(
    ("name", "policy", "reason"),
    [
        ("flagged", "two_way", "flagged is changed in Jira only: remote_to_local or none"),
        ("customfield_10051", "local_to_remote", "customfield_10051 is changed in Jira only: remote_to_local or none"),
        ("pririty", "two_way", "there is no field pririty; the nearest: priority"),
    ],
)
def test_what_cannot(name: str, policy: FieldPolicy, reason: str) -> None:
    with pytest.raises(SettingError, match=f"JIRA_FIELD_POLICY: {reason}"):
        checked_policies({name: policy}, JIRA_ISSUE, "JIRA_FIELD_POLICY", ELEMENTS)
