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
    match path.split("/") if path else []:
        case [] | ["format"] | ["masters" | "frameworks", *_] if not _is_state(path):
            return True
        case _:
            return False


def _is_state(path: str) -> bool:
    match path.split("/"):
        case ["frameworks", _, kind, *_]:
            return kind not in (LEADER, CANDIDATES)
        case _:
            return False
