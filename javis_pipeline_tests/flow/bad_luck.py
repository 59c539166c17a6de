"""What goes wrong between us and a site in a random history: requests meet with fates, and processes die."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.property.wish_histories import Crash

_KINDS: Final[dict[str, tuple[FaultKind, ...]]] = {
    "lost": (FaultKind.LOST_REQUEST, FaultKind.UNAVAILABLE),
    "lost_before": (FaultKind.LOST_REQUEST, FaultKind.UNAVAILABLE),
    "lost_after": (FaultKind.LOST_REPLY, FaultKind.SERVER_ERROR, FaultKind.CUT_BODY),
    "nonsense": (FaultKind.HTML,),
    "done and lost": (FaultKind.LOST_REPLY, FaultKind.SERVER_ERROR, FaultKind.CUT_BODY),
    "late": (FaultKind.LATE,),
    "busy": (FaultKind.RATE_LIMITED,),
    "refused": (FaultKind.NOT_FOUND, FaultKind.CONFLICT),
}
_LATER: Final = (0, 3, 12)
"""After how many more requests one is executed that is late."""


@dataclass
class BadLuck:
    """The fates of requests.

    Attributes:
        is_fateful: Which requests meet with fates; of others a process may die, `crash_rate` says how often.
        fate: What becomes of the next one.
        sees: Called before each fateful one, with what is asked.
        comes: Called before each of the others.
    """

    world: World
    client: Any
    rng: Random
    is_fateful: Callable[[str, str], bool]
    fate: Callable[[], str] = lambda: "ok"
    sees: Callable[[str, str, Any], None] = lambda *_: None
    comes: Callable[[str, str], None] = lambda *_: None
    crash_rate: float = 0.0
    is_late: bool = False

    @contextmanager
    def striking(self) -> Iterator[None]:
        """Let it strike."""
        ask = self.client._http.request

        def request(method: str, path: str, **asked: Any) -> Any:
            self._die()
            if self.is_fateful(method, path):
                answer = self._fateful(ask, method, path, asked)
            else:
                self.comes(method, path)
                answer = ask(method, path, **asked)
            self._die()
            return answer

        self.client._http.request = request
        try:
            yield
        finally:
            self.client._http.request = ask
            self.world.faults.clear()

    def _die(self) -> None:
        if self.crash_rate and self.rng.random() < self.crash_rate / 2:
            raise Crash

    def _fateful(self, ask: Callable[..., Any], method: str, path: str, asked: Any) -> Any:
        fate = self.fate()
        if fate == "crash":
            raise Crash
        self.sees(method, path, asked)
        kinds = _KINDS.get(fate, ())
        if kinds:
            fault = Fault(self.rng.choice(kinds), after=self.rng.choice(_LATER))
            self.is_late |= fault.kind is FaultKind.LATE
            self.world.faults.add(Rule(fault, method=method, path=f"*{path}", last=1))
        try:
            answer = ask(method, path, **asked)
        finally:
            self.world.faults.clear()
        if fate == "done and crash":
            raise Crash
        return answer

    def pass_over(self) -> None:
        """What was late is executed."""
        for _ in range(max(_LATER) + 1 if self.is_late else 0):
            self.client.server_time()
        self.is_late = False
