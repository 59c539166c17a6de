"""Faults of the sandbox: which requests they happen to."""

import pytest

from javis_pipeline.sandbox.faults import Fault, FaultKind, FaultPlan, Rule, parse_rules


def test_a_rule_is_read_from_words():
    lost, busy = parse_rules("lost-reply PUT /rest/api/3/issue/* #3-4; 503 2% retry_after=2;")

    assert lost == Rule(Fault(FaultKind.LOST_REPLY), method="PUT", path="/rest/api/3/issue/*", first=3, last=4)
    assert busy == Rule(Fault(FaultKind.UNAVAILABLE, retry_after=2), probability=0.02)


@pytest.mark.parametrize("spec", ["explode", "503 sometimes", "503 colour=red", "503 #x"])
def test_what_is_no_rule_is_refused(spec):
    with pytest.raises(ValueError, match=r".+"):
        parse_rules(spec)


def test_a_schedule_counts_only_matching_requests():
    plan = FaultPlan(parse_rules("409 PUT /a* #2"))

    hits = [plan.pick(method, path) is not None for method, path in [("PUT", "/a"), ("GET", "/a"), ("PUT", "/b")]]
    hits += [plan.pick("PUT", "/ab") is not None, plan.pick("PUT", "/a") is not None]

    assert hits == [False, False, False, True, False]


def test_chance_is_the_same_for_the_same_seed():
    def hits(seed):
        plan = FaultPlan(parse_rules("503 30%"), seed=seed)
        return [plan.pick("GET", "/") is not None for _ in range(50)]

    assert hits(1) == hits(1) != hits(2)
    assert 0 < sum(hits(1)) < 50


def test_an_action_happens_before_its_request_and_does_no_harm():
    called = []
    plan = FaultPlan([Rule(action=lambda: called.append(1), method="PUT", first=2, last=2)])

    assert [plan.pick("PUT", "/") for _ in range(3)] == [None, None, None]
    assert called == [1]
