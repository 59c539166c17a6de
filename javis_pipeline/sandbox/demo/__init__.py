"""The demo world: two teams with a past, their pages and their channels. The same seed and day make the same world."""

from javis_pipeline.sandbox.demo.euv import EUV
from javis_pipeline.sandbox.demo.oqc import OQC
from javis_pipeline.sandbox.demo.timeline import Timeline
from javis_pipeline.sandbox.world import World


def build_demo(world: World) -> None:
    """Fills a new world with the projects OQC and EUV, up to the clock's present."""
    with world.lock:
        timeline = Timeline(world.jira, now=world.clock.now(), rng=world.random("demo"))
        for team in (OQC, EUV):
            timeline.add(team)
        timeline.run()
