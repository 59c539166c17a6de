"""The demo world: two teams with a past, their pages and their channels. The same seed and day make the same world."""

from javis_pipeline.sandbox.demo.channels import open_channels
from javis_pipeline.sandbox.demo.euv import EUV
from javis_pipeline.sandbox.demo.oqc import OQC
from javis_pipeline.sandbox.demo.pages import write_pages
from javis_pipeline.sandbox.demo.timeline import Timeline
from javis_pipeline.sandbox.world import World


def build_demo(world: World) -> None:
    """Fills a new world up to the clock's present.

    Jira gets the projects OQC and EUV, Confluence the spaces OQC, OQCDOC, ENG and HB, and Slack the channels
    oqc-team, euv-platform and line-status.
    """
    now = world.clock.now()
    with world.lock:
        timeline = Timeline(world.jira, now=now, rng=world.random("demo"))
        for team in (OQC, EUV):
            timeline.add(team)
        timeline.run()
        write_pages(world.confluence, world.jira, keys=timeline.keys, teams={"OQC": OQC, "ENG": EUV}, now=now)
        open_channels(world.slack, keys=timeline.keys, now=now)
