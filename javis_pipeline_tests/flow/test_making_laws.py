"""Laws 25 to 28 over random histories with everything real, on both editions: PostgreSQL, and a site behind a socket
that loses replies and executes requests late, while processes die, people meddle and databases are restored.

`make laws` plays hundreds of them; JAVIS_LAWS_WRITTEN sets the number.
"""

from random import Random

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline_tests.flow.test_put_away import both_sides
from javis_pipeline_tests.flow.wishes_there import IssuesThere, PagesThere
from javis_pipeline_tests.property.sync_histories import how_many
from javis_pipeline_tests.property.wish_histories import play

HISTORIES = how_many("JAVIS_LAWS_WRITTEN", usual=2, thorough=300)
TOGETHER = 25
"""Histories on one database."""

pytestmark = [pytest.mark.laws, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("first", range(0, HISTORIES, TOGETHER))
@pytest.mark.parametrize("edition", ["cloud", "data-center"])
@pytest.mark.parametrize("system", ["jira", "confluence"])
def test_one_wish_makes_one_record_there_and_none_is_lost(
    database: Database, system: str, edition: str, first: int
) -> None:
    with both_sides(database, system, None, edition=edition, makes=True) as both:  # type: ignore[arg-type]
        both.world.jira.create_project("WEB", "Elsewhere")
        for seed in range(first, min(first + TOGETHER, HISTORIES)):
            sort = IssuesThere if system == "jira" else PagesThere
            play(sort(both, Random(seed), restores=seed % 2 == 1), seed)
            both.world.exchanges.clear()
