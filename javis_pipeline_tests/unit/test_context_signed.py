"""Of thirty small projects: exactly the findings that a lead would sign, and nothing that contradicts itself."""

from functools import cache

import pytest

from javis_pipeline.records.context import Forecast, WorkContext
from javis_pipeline_tests.context_tables import a_context
from javis_pipeline_tests.contradictions import contradictions
from javis_pipeline_tests.signed_contexts import SIGNED


@cache
def _context(name: str) -> WorkContext:
    return a_context(**SIGNED[name].tables)


@pytest.mark.parametrize("name", SIGNED)
def test_the_findings_are_those_that_a_lead_would_sign(name):
    context, signed = _context(name), SIGNED[name]

    assert tuple(f"{risk.severity}: {risk.summary}" for risk in context.risks) == signed.findings
    assert tuple(map(_words, context.forecasts)) == signed.forecasts
    assert set(signed.notes) <= set(context.notes)


@pytest.mark.parametrize("name", SIGNED)
def test_no_context_contradicts_itself(name):
    assert contradictions(_context(name)) == []


def _words(forecast: Forecast) -> str:
    """The forecast's subject, whether its date is likely to hold, and what it does not know."""
    chance = "" if forecast.on_time is None else "on time" if forecast.on_time >= 0.5 else "late"
    return f"{forecast.subject}: {'; '.join(part for part in (chance, forecast.reason) if part)}"
