"""The whole sandbox as one object: the ground and the four services on it."""

from datetime import timedelta
from pathlib import Path
from typing import Protocol

import orjson

from javis_pipeline.sandbox.claude.site import ClaudeSite
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.confluence.site import ConfluenceSite
from javis_pipeline.sandbox.connections import Connections
from javis_pipeline.sandbox.exchanges import ExchangeLog
from javis_pipeline.sandbox.faults import FaultPlan
from javis_pipeline.sandbox.ground import Edition, Ground
from javis_pipeline.sandbox.jira.site import JiraSite
from javis_pipeline.sandbox.slack.site import SlackSite


class Service(Protocol):
    """What the world asks of a service so that its state survives the process."""

    changes: int
    """Grows with every change of the state; the state is written only when it has grown."""

    def state(self) -> object:
        """Everything the service knows, as something JSON can hold."""

    def restore(self, state: object) -> None:
        """Becomes what `state()` described; the service was empty before."""


class World(Ground):
    """One sandbox: `world.jira.edit(...)` is a person at work, `world.faults` bad luck, `world.exchanges` the traffic.

    Args:
        seed: Source of all chance and of the tokens.
        clock: The time; real time by default.
        faults: What goes wrong; nothing by default.
        latency: How long every answer takes at least.
        state_dir: Directory the state is read from and saved to; None keeps it in memory.
        record_to: File that gets every exchange, see `ExchangeLog`.
        edition: What Jira is.

    Raises:
        ValueError: The state is of another seed or edition.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        clock: Clock | None = None,
        faults: FaultPlan | None = None,
        latency: timedelta = timedelta(0),
        state_dir: Path | None = None,
        record_to: Path | None = None,
        edition: Edition = "cloud",
    ) -> None:
        super().__init__(seed=seed, clock=clock, edition=edition)
        self.faults = faults or FaultPlan(seed=seed)
        self.latency = latency
        self.exchanges = ExchangeLog(record_to)
        self.connections = Connections()
        self.state_dir = state_dir
        self.jira = JiraSite(self)
        self.confluence = ConfluenceSite(self)
        self.slack = SlackSite(self)
        self.claude = ClaudeSite(self)
        self._saved: dict[str, int] = {}
        if state_dir is not None:
            self._restore(state_dir)

    @property
    def services(self) -> dict[str, Service]:
        """The services by name."""
        return {"jira": self.jira, "confluence": self.confluence, "slack": self.slack, "claude": self.claude}

    @property
    def is_new(self) -> bool:
        """True when no state was found, so that there is nothing in the world but what is put there now."""
        return not self._saved

    def save(self) -> None:
        """Writes the services that changed since the last time; does nothing without a state directory."""
        if self.state_dir is None:
            return
        self.state_dir.mkdir(parents=True, exist_ok=True)
        with self.lock:
            for name, service in self.services.items():
                if self._saved.get(name) != service.changes:
                    _write(self.state_dir / f"{name}.json", service.state())
                    self._saved[name] = service.changes
            _write(self.state_dir / "people.json", self.people.state())
            _write(self.state_dir / "world.json", {"seed": self.seed, "edition": self.edition})

    def _restore(self, state_dir: Path) -> None:
        world = state_dir / "world.json"
        if not world.exists():
            return
        kept = orjson.loads(world.read_bytes())
        seed, edition = kept["seed"], kept.get("edition", "cloud")
        if seed != self.seed:
            # Field ids and tokens follow from the seed, so the state makes no sense with another.
            raise ValueError(f"the state in {state_dir} was made with seed {seed}, not {self.seed}: say --seed {seed}")
        if edition != self.edition:
            raise ValueError(f"the state in {state_dir} is of a {edition} site: say --edition {edition}")
        self.people.restore(orjson.loads((state_dir / "people.json").read_bytes()))
        for name, service in self.services.items():
            file = state_dir / f"{name}.json"
            if file.exists():
                service.restore(orjson.loads(file.read_bytes()))
            self._saved[name] = service.changes


def _write(file: Path, state: object) -> None:
    # Written beside and renamed, so that a process killed meanwhile leaves the old state whole.
    part = file.with_suffix(".part")
    part.write_bytes(orjson.dumps(state, option=orjson.OPT_NON_STR_KEYS))
    part.replace(file)
