"""What a webhook names, and who may send one."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from javis_pipeline.clients.webhooks import is_signed
from javis_pipeline.records.hints import Told
from javis_pipeline.systems.confluence.webhook import told_pages
from javis_pipeline.systems.jira.webhook import told_issues

NAMES = ("issue", "id", "key", "page", "space", "spaceKey", "worklog", "issueId", "issueLink", "sourceIssueId")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"webhookEvent": "jira:issue_updated", "issue": {"id": "10042", "key": "OPS-7"}}, [Told("10042", "OPS")]),
        ({"webhookEvent": "comment_created", "issue": {"id": 10042, "key": "OPS-7"}}, [Told("10042", "OPS")]),
        ({"worklog": {"issueId": "10042"}}, [Told("10042", None)]),
        ({"issueLink": {"sourceIssueId": 1, "destinationIssueId": 2}}, [Told("1", None), Told("2", None)]),
        ({"id": "10042", "key": "OPS-7"}, [Told("10042", "OPS")]),
        ({"comment": {"self": "https://jira.acme.com/rest/api/2/issue/10042/comment/3"}}, [Told("10042", None)]),
        ({"issue": "OPS-7"}, [Told("", "OPS")]),
        ({"issue": {"id": "10042/../1", "key": "ops"}}, []),
        ({"webhookEvent": "sprint_closed", "sprint": {"id": 3}}, []),
        ([1], []),
    ],
)
def test_what_jira_names(document: object, told: list[Told]) -> None:
    assert told_issues(document) == told


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"page": "77", "space": "ENG"}, [Told("77", "ENG")]),
        ({"page": {"id": 77, "spaceKey": "ENG"}, "event": "page_updated"}, [Told("77", "ENG")]),
        ({"page": {"id": 77, "space": {"key": "ENG"}}}, [Told("77", "ENG")]),
        ({"page": {"id": "77"}}, [Told("77", None)]),
        ({"space": {"key": "~ada"}}, [Told("", "~ada")]),
        ({"page": "77 or 1=1", "space": "E G"}, []),
        ("text", []),
    ],
)
def test_what_confluence_names(document: object, told: list[Told]) -> None:
    assert told_pages(document) == told


@given(JSON)
def test_whatever_a_body_holds_it_names_ids_and_keys_or_nothing(document: object) -> None:
    for told in (*told_issues(document), *told_pages(document)):
        assert not told.remote_id or told.remote_id.isdecimal()


@given(st.binary(max_size=50), st.binary(max_size=80))
def test_only_who_knows_the_secret_signs(body: bytes, other: bytes) -> None:
    good = b"sha256=" + hmac.new(b"It's a Secret", body, hashlib.sha256).hexdigest().encode()

    assert is_signed("It's a Secret", good, body)
    assert not is_signed("It's a Secret", good, body + b"!")
    assert not is_signed("another", good, body)
    assert is_signed("It's a Secret", other, body) == (other == good)


def test_the_vendors_own_example_of_a_signature() -> None:
    signature = b"sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"

    assert is_signed("It's a Secret to Everybody", signature, b"Hello World!")
