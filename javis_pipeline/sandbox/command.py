"""What the command `javis sandbox` does: make a world, fill it, serve it; and say how to reach it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from javis_pipeline.sandbox.credentials import Credentials
from javis_pipeline.sandbox.ground import Edition

if TYPE_CHECKING:
    from javis_pipeline.sandbox.world import World

PORT = 8765
SEED = 1
EMAIL = "javis@example.com"
NAME = "javis"


@dataclass(frozen=True)
class Options:
    """What is asked of a sandbox.

    Args:
        host: Address to listen on.
        port: TCP port; 0 takes a free one.
        demo: Fill it with the demo projects.
        load: Corpus files to fill it with.
        state: Directory that keeps the state; None keeps it in memory.
        faults: What goes wrong, in the words of `faults.parse_rules`.
        seed: Source of chance and tokens.
        latency: How long each answer takes at least.
        index_lag: How long changes stay unknown to Jira's search.
        flicker: Chance of a search hit to be missing for once.
        limits: Whether rate limits hold.
        bad_login: `anonymous` or `refused`: what a wrong token gets.
        record: File that gets every exchange.
        edition: What Jira is; Confluence is there in both editions.
        traps: What of the habits of Data Center sites goes wrong, in the words of `traps.parse_traps`.
        webhook: Address that is told of what happens; None tells nobody.
        webhook_habits: What goes wrong with webhooks, in the words of `webhooks.parse_habits`.
    """

    host: str = "127.0.0.1"
    port: int = PORT
    demo: bool = False
    load: Sequence[Path] = ()
    state: Path | None = None
    faults: str = ""
    seed: int = SEED
    latency: timedelta = timedelta(0)
    index_lag: timedelta = timedelta(0)
    flicker: float = 0.0
    limits: bool = True
    bad_login: str = "anonymous"
    record: Path | None = None
    edition: Edition = "cloud"
    traps: str = ""
    webhook: str | None = None
    webhook_habits: str = ""


def environment(
    *, port: int = PORT, seed: int = SEED, host: str = "127.0.0.1", edition: Edition = "cloud"
) -> dict[str, str]:
    """The settings that point the product at a sandbox with the demo projects."""
    base, secrets = f"http://{host}:{port}", Credentials(seed)
    if edition == "cloud":
        sites = {"JIRA_URL": base, "JIRA_EMAIL": EMAIL, "JIRA_TOKEN": secrets.api_token}
        sites |= {"CONFLUENCE_URL": f"{base}/wiki"}
    else:
        token = secrets.personal_token(NAME)
        sites = {"JIRA_URL": f"{base}/jira", "JIRA_TOKEN": token}
        sites |= {"CONFLUENCE_URL": f"{base}/confluence", "CONFLUENCE_TOKEN": token}
    return {
        **sites,
        "JAVIS_WEBHOOK_SECRET": secrets.webhook_secret,
        "JIRA_PROJECTS": "OQC,EUV",
        "CONFLUENCE_SPACES": "OQC:OQC,OQC:OQCDOC,EUV:ENG,HANDBOOK:HB",
        "ANTHROPIC_BASE_URL": base,
        "ANTHROPIC_API_KEY": secrets.anthropic_api_key,
        "SLACK_BASE_URL": f"{base}/api",
        "SLACK_BOT_TOKEN": secrets.slack_bot_token,
        "SLACK_SIGNING_SECRET": secrets.slack_signing_secret,
        "SLACK_APP_TOKEN": secrets.slack_app_token,
        "SLACK_DEFAULT_CHANNEL": "line-status",
        "SLACK_CHANNELS": "OQC:oqc-team,EUV:euv-platform",
    }


def run(options: Options) -> None:
    """Serves a sandbox until it is interrupted or terminated; prints one line once it listens.

    Raises:
        OSError: The port is taken, or a file cannot be read.
        ValueError: The faults, the traps or a corpus file cannot be understood, or the state is of another seed or
            edition.
    """
    from javis_pipeline.sandbox.faults import FaultPlan, parse_rules
    from javis_pipeline.sandbox.jira.data_center.traps import parse_traps
    from javis_pipeline.sandbox.server import serve
    from javis_pipeline.sandbox.world import World

    world = World(
        seed=options.seed,
        faults=FaultPlan(parse_rules(options.faults), seed=options.seed),
        latency=options.latency,
        state_dir=options.state,
        record_to=options.record,
        edition=options.edition,
    )
    behaviour = world.jira.behaviour
    behaviour.limits, behaviour.bad_login = options.limits, options.bad_login
    if not options.limits:
        world.slack.limits = None
    if world.is_new:
        if options.load:
            world.jira.load(options.load)
        if options.demo:
            from javis_pipeline.sandbox.demo import build_demo

            build_demo(world)
    # Only now: what a new world is filled with is not late.
    behaviour.index_lag, behaviour.flicker = options.index_lag, options.flicker
    behaviour.traps = parse_traps(options.traps, seed=options.seed)
    with _webhooks(world, options):
        serve(world, host=options.host, port=options.port, listening=_announce)


@contextmanager
def _webhooks(world: "World", options: Options) -> Iterator[None]:
    """While the block lasts somebody is told of what happens, where that is asked for."""
    from javis_pipeline.sandbox.webhooks import Webhooks, parse_habits

    habits = parse_habits(options.webhook_habits)
    if options.webhook is None:
        yield
        return
    secret = world.credentials.webhook_secret
    with Webhooks(options.webhook.rstrip("/"), secret, habits=habits, random=world.random("webhooks")) as webhooks:
        world.listeners.append(webhooks)
        yield


def _announce(base_url: str) -> None:
    print(f"Sandbox at {base_url}", flush=True)
