"""The laws of the sync over random histories of descriptions in wiki markup."""

from typing import Literal

import pytest

from javis_pipeline.sync.run import Rules
from javis_pipeline_tests.property.sync_histories import how_many, play
from javis_pipeline_tests.property.wiki_histories import WikiHistory

HISTORIES = how_many("JAVIS_LAWS_HISTORIES", usual=300, thorough=10_000)

pytestmark = pytest.mark.laws


def test_no_edit_of_wiki_markup_is_lost_and_every_history_converges() -> None:
    for seed in range(HISTORIES):
        play(seed, WikiHistory)


@pytest.mark.parametrize("force", ["local", "remote"])
def test_forced_histories_lose_nothing_either(force: Literal["local", "remote"]) -> None:
    for seed in range(HISTORIES // 10):
        play(1_000_000 + seed, WikiHistory, rules=Rules(force=force))
