"""What schedulers and executors tell each other: bytes that nobody between them reads."""

LARGEST_MESSAGE = 256 << 10


def check_message(data: bytes) -> bytes:
    """Return `data` when it may be passed on; raise ValueError otherwise."""
    if len(data) > LARGEST_MESSAGE:
        raise ValueError(f"message: {len(data)} bytes are too many, at most {LARGEST_MESSAGE}; say where more is found")
    return data
