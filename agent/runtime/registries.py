"""The file of registries' mirrors (TOML), read when an image is pulled."""

import tomllib
from pathlib import Path

from barter.agent.containers.image_names import Mirrors, parse_mirrors


def load_mirrors(path: str) -> Mirrors:
    """Raises ValueError with what is wrong where; no path, no mirrors."""
    if not path:
        return {}
    try:
        return parse_mirrors(tomllib.loads(Path(path).read_text()))
    except OSError as error:
        raise ValueError(f"cannot read the registries file {path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"the registries file {path} is refused: {error}") from None
