"""What a post tells, as facts that can be compared, and what of it is new since the post before. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import orjson
from pydantic import TypeAdapter, ValidationError

from javis_pipeline.records.context import JsonObject, WorkContext
from javis_pipeline.records.digest import Change, Digest, Facts, Proposal, RiskFact
from javis_pipeline.records.risk import SEVERITY_ORDER, SPRINT_KINDS, Risk, Severity
from javis_pipeline.records.suggestion import EDITED_FIELD

_PROPOSALS_REMEMBERED = 100
# Another value of these is another suggestion.
_TOLD_AGAIN = frozenset(EDITED_FIELD) - {"assign"}


def digest_facts(digest: Digest) -> Facts:
    """The facts that a digest tells."""
    context = digest.context
    sprint = context.sprints[0] if context.sprints else None
    return Facts(
        risks=_risk_facts(context, "low"),
        totals=_totals(context, "low"),
        open=context.counts.new + context.counts.indeterminate,
        done=context.counts.done,
        sprint=sprint.name if sprint else None,
        sprint_items=sprint.items if sprint else 0,
        sprint_done=sprint.done if sprint else 0,
        sprint_added=len(sprint.added_keys) if sprint else 0,
        proposals={steps_key(proposal): proposal.state for proposal in digest.proposals},
        conflicts=tuple(sorted(str(conflict.conflict_id) for conflict in digest.conflicts)),
    )


def alert_facts(context: WorkContext) -> Facts:
    """The facts that an alert tells: the risks of at least medium severity. The others can wait for the digest."""
    return Facts(risks=_risk_facts(context, "medium"), totals=_totals(context, "medium"))


def pressing(facts: Facts) -> Facts:
    """Of what a digest told the part that an alert tells."""
    least = SEVERITY_ORDER["medium"]
    risks = {finding: risk for finding, risk in facts.risks.items() if SEVERITY_ORDER[risk.severity] <= least}
    return Facts(risks=risks, totals={name: count for name, count in facts.totals.items() if name != "low"})


def carried(now: Facts, before: Facts) -> Facts:
    """The facts, with the suggestions that were told before: one that went and comes again is not told again."""
    told = {**before.proposals, **now.proposals}
    return replace(now, proposals=dict(list(told.items())[-_PROPOSALS_REMEMBERED:]))


def changes_since(before: Facts, now: Facts) -> tuple[Change, ...]:
    """What became different, the most urgent first. Risks of low severity come and go without a word."""
    before, now = (replace(facts, risks=pressing(facts).risks) for facts in (before, now))
    new = [finding for finding in now.risks if finding not in before.risks]
    gone = [finding for finding in before.risks if finding not in now.risks]
    worse = [
        finding
        for finding, risk in now.risks.items()
        if finding in before.risks and SEVERITY_ORDER[risk.severity] < SEVERITY_ORDER[before.risks[finding].severity]
    ]
    changes = [
        Change(kind="new_risks", finding_ids=_worst_first(new, now)),
        Change(kind="worse_risks", finding_ids=_worst_first(worse, now)),
        Change(kind="gone_risks", finding_ids=_worst_first(gone, before)),
        Change(kind="done", before=before.done, after=now.done),
        Change(kind="sprint", before=before.sprint, after=now.sprint),
        Change(kind="new_conflicts", before=0, after=len(set(now.conflicts) - set(before.conflicts))),
        Change(kind="settled_conflicts", before=0, after=len(set(before.conflicts) - set(now.conflicts))),
    ]
    return tuple(change for change in changes if change.finding_ids or change.before != change.after)


def steps_key(proposal: Proposal) -> str:
    """What a suggestion comes to, apart from its words: equal when the same is suggested again.

    Who is to take an issue may be another one every day, as people finish and begin; that is no new suggestion. Neither
    is the same question about a sprint, of which other issues are left every day.
    """
    if proposal.sprint is not None and all(action.kind == "comment_draft" for action in proposal.actions):
        return "; ".join([proposal.sprint, *sorted({str(action.value) for action in proposal.actions})])
    steps = sorted(
        f"{action.kind} {action.issue_key} {action.value if action.kind in _TOLD_AGAIN else ''}".rstrip()
        for action in proposal.actions
    )
    return "; ".join(steps) or " ".join(proposal.issue_keys)


def sprint_of(finding_ids: Iterable[str]) -> str | None:
    """The sprint that one of the findings is about, as findings name it."""
    parts = (finding.partition(":") for finding in finding_ids)
    return next((subject for kind, _, subject in parts if kind in SPRINT_KINDS), None)


def facts_hash(facts: Facts) -> str:
    """Hex digest over what `changes_since` compares; equal means that there is no news, whatever the words."""
    severities = {finding: risk.severity for finding, risk in pressing(facts).risks.items()}
    return _digest([severities, facts.done, facts.sprint, facts.conflicts])


def facts_to_json(facts: Facts) -> JsonObject:
    """The facts as JSON values."""
    document: JsonObject = _adapter().dump_python(facts, mode="json")
    return document


def facts_from_json(document: JsonObject) -> Facts | None:
    """The facts that `facts_to_json` wrote; None for what is none: a post without facts."""
    try:
        return _adapter().validate_python(document) if document else None
    except ValidationError:
        return None


@cache
def _adapter() -> TypeAdapter[Facts]:
    # Built on first use: it takes longer than everything else that importing this module does.
    return TypeAdapter(Facts)


def _digest(document: object) -> str:
    return hashlib.blake2b(orjson.dumps(document, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def _risk_facts(context: WorkContext, least: Severity) -> dict[str, RiskFact]:
    return {
        risk.finding_id: RiskFact(severity=risk.severity, subject=_subject(risk, context))
        for risk in context.risks
        if SEVERITY_ORDER[risk.severity] <= SEVERITY_ORDER[least]
    }


def _subject(risk: Risk, context: WorkContext) -> str:
    """What a risk is about: a person, the sprint, a page, else its first issue."""
    if risk.account_id is not None:
        names = {person.account_id: person.display_name for person in context.people}
        return names.get(risk.account_id, "somebody")
    if risk.kind in SPRINT_KINDS:
        return "the sprint"
    if risk.kind == "version_late":
        versions = {version.version_id: version.name for version in context.versions}
        return f"version {versions.get(str(risk.evidence['version_id']), '')}".strip()
    if risk.page_ids:
        titles = {page.page_id: page.title for page in context.pages}
        return titles.get(risk.page_ids[0]) or f"page {risk.page_ids[0]}"
    return risk.issue_keys[0] if risk.issue_keys else context.project_key


def _totals(context: WorkContext, least: Severity) -> dict[Severity, int]:
    totals: dict[Severity, int] = {}
    for total in context.risk_totals:
        if SEVERITY_ORDER[total.severity] <= SEVERITY_ORDER[least]:
            totals[total.severity] = totals.get(total.severity, 0) + total.count
    return totals


def _worst_first(findings: list[str], facts: Facts) -> tuple[str, ...]:
    return tuple(sorted(findings, key=lambda finding: SEVERITY_ORDER[facts.risks[finding].severity]))
