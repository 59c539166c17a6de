"""The demo's Slack: two team channels in which people talk, and one for the line."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from javis_pipeline.sandbox.slack.site import SlackSite

CHANNELS = {
    "oqc-team": "Optical quality control. Digest of the pipeline at 08:00.",
    "euv-platform": "EUV platform. Machine time: ask Sophie.",
    "line-status": "What runs, what stands.",
}

# Channel, hours ago, who, what; {handle} is an issue. A line that begins with > answers the one before.
TALK: tuple[tuple[str, float, str, str], ...] = (
    ("line-status", 50.0, "Elif Demir", "Line 2 runs again, 10.4 false alarms a wafer. Lamp hours are shown now."),
    ("oqc-team", 47.5, "Priya Raman", "First clusters for {cluster}: thin scratches along the flat, and small stains."),
    ("oqc-team", 47.2, "Mara Lindqvist", "> Ten examples of each by Thursday? The customer will ask."),
    ("oqc-team", 47.1, "Priya Raman", "> Yes."),
    ("euv-platform", 30.0, "Marco Bianchi", "Lot B: 0.24 %. The step is at six in the evening, again the water."),
    ("euv-platform", 29.6, "Nina Kowalczyk", "> The model sees it coming 4 minutes before. We could use that."),
    ("euv-platform", 27.0, "Chen Wei", "Still no certificate for {posstream}. Asked for the third time."),
    (
        "oqc-team",
        26.0,
        "Jonas Weber",
        "Housing of camera 3 at 37 °C, 71 frames lost in one night. {frames} goes first.",
    ),
    ("oqc-team", 25.8, "Mara Lindqvist", "> Then {shortcal} slips. Tell me what that means for line 2, please."),
    (
        "line-status",
        7.0,
        "Daan Visser",
        "Three split lots typed in by hand this week. {splitlots} is in the sprint now.",
    ),
    (
        "euv-platform",
        5.5,
        "Lukas Novak",
        "Safety review of the exchange is open: who can read 14 steps until tomorrow?",
    ),
    ("oqc-team", 3.0, "Aiko Tanaka", "Preloading works on bench 1: next candidate in 40 ms. Who wants to try?"),
)


def open_channels(site: SlackSite, *, keys: Mapping[str, str], now: datetime) -> None:
    """Channels and what was said in them."""
    for name, topic in CHANNELS.items():
        site.add_channel(name, topic=topic)
    last: dict[str, str] = {}
    for channel, hours, who, text in TALK:
        thread = last.get(channel) if text.startswith("> ") else None
        said = text.removeprefix("> ")
        for handle, key in keys.items():
            said = said.replace("{" + handle + "}", key)
        message = site.say(channel, who, said, thread_ts=thread, at=now - timedelta(hours=hours))
        if thread is None:
            last[channel] = message["ts"]
