"""What a client would rather be answered with, by its `Accept`."""

from starlette.requests import Request


def prefers(request: Request, kind: str, other: str) -> bool:
    """Whether who asks would rather have `kind` than `other`, which is what they get where they do not mind."""
    wanted = dict(_preferences(request.headers.get("accept", "*/*")))
    return wanted.get(kind, 0) > max(wanted.get(other, 0), wanted.get("*/*", 0))


def _preferences(accept: str) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for part in accept.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        found.append((kind, float(quality) if quality.replace(".", "", 1).isdecimal() else 0.0))
    return found
