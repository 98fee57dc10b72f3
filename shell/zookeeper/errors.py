"""What goes wrong with ZooKeeper, besides Conflict and Unknown of core/znodes."""


class SessionOver(Exception):
    """The session has ended, or the client was closed; what was asked did not happen."""


class NotAllowed(Exception):
    """The node's ACL does not let these credentials do that."""

    def __init__(self, path: str, doing: str) -> None:
        super().__init__(f"{path}: the credentials given may not {doing} it")
        self.path = path


class Unreachable(Exception):
    """No server answers: what was asked did not happen. Its text says since when, and what each server did."""
