"""How a simulated cluster fails a test."""


class Broken(AssertionError):
    """Something that must never be, was: `checker` says what kind of thing, `message` what; the text ends the story."""

    def __init__(self, seed: int, checker: str, message: str, tail: str) -> None:
        super().__init__(f"{checker}: {message}\n\nthe last of seed {seed}:\n{tail}")
        self.seed = seed
        self.checker = checker
        self.message = message


class NotInTime(Broken):
    """What `run_until` waited for did not come."""
