"""Of small projects: exactly the findings and advice that a lead would sign, and nothing that contradicts itself."""

import pytest

from javis_pipeline.records.forecast import Forecast
from javis_pipeline.suggestions.rules import rules_advice
from javis_pipeline_tests.advice_laws import faults_of
from javis_pipeline_tests.contradictions import contradictions
from javis_pipeline_tests.signed_advice import ADVICE
from javis_pipeline_tests.signed_contexts import WORDS
from javis_pipeline_tests.signed_shapes import ALL, signed_context


@pytest.mark.parametrize("name", ALL)
def test_the_findings_are_those_that_a_lead_would_sign(name):
    context, signed = signed_context(name), ALL[name]

    assert tuple(f"{risk.severity}: {risk.summary}" for risk in context.risks) == signed.findings
    assert tuple(map(_words, context.forecasts)) == signed.forecasts
    assert set(signed.notes) <= set(context.notes)


@pytest.mark.parametrize("name", ALL)
def test_no_context_contradicts_itself(name):
    assert contradictions(signed_context(name)) == []


@pytest.mark.parametrize("name", ALL)
def test_the_advice_is_what_a_lead_would_sign_and_breaks_no_law(name):
    advice = rules_advice(signed_context(name), WORDS)

    assert tuple(suggestion.title for suggestion in advice.suggestions) == ADVICE.get(name, ())
    assert faults_of(advice, signed_context(name), WORDS) == []


def _words(forecast: Forecast) -> str:
    """The forecast's subject, whether its date is likely to hold, and what it does not know."""
    chance = "" if forecast.on_time is None else "on time" if forecast.on_time >= 0.5 else "late"
    return f"{forecast.subject}: {'; '.join(part for part in (chance, forecast.reason) if part)}"
