"""Where containers run, as far as it matters for what the engine is asked."""

from dataclasses import dataclass
from pathlib import Path

from barter.agent.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Place:
    """`home` names the executor's work folder, `private` are folders no volume may open, `publish_on` is the address
    for mapped ports (empty for all), and persistent volumes are below `work_dir`.
    """

    home: str
    private: tuple[str, ...]
    publish_on: str
    work_dir: Path
    settings: Settings = Settings()
