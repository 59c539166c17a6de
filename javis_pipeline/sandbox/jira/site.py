"""The state of the sandbox's Jira."""

from javis_pipeline.sandbox.ground import Ground


class JiraSite:
    """What Jira knows."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.changes = 0

    def state(self) -> object:
        """Everything the service knows, as something JSON can hold."""
        return {}

    def restore(self, state: object) -> None:
        """Becomes what `state()` described."""
