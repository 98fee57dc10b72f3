"""Which znodes there are below a cluster's path, and who may read them."""

ROOT = ""
FORMAT = "format"
MASTERS = "masters"
REGISTRY = "registry"
FRAMEWORKS = "frameworks"
LEADER = "leader"
CANDIDATES = "candidates"

FORMAT_VERSION = 1
PROGRAM = "barter"
"""What `format` says of whose nodes these are."""


def is_public(path: str) -> bool:
    """Whether the whole world may read the node: it is what others find a leader by."""
    match path.split("/"):
        case [""] | ["format"] | ["masters", *_] | ["frameworks"] | ["frameworks", _]:
            return True
        case ["frameworks", _, kind, *_]:
            return kind in (LEADER, CANDIDATES)
    return False
