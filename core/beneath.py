"""Paths that stay below a folder, judged by their text alone; whoever walks them must still not follow links."""

LONGEST_PATH, LONGEST_NAME, DEEPEST = 4096, 255, 100


def parts_below(path: str) -> tuple[str, ...]:
    """The names to step through, none for the folder itself; raises ValueError on a path that could lead elsewhere.

    `.` and doubled slashes say nothing and are left out.
    """
    shown = repr(path[:200])
    if "\0" in path:
        raise ValueError(f"the path {shown} has a NUL in it")
    if path.startswith("/"):
        raise ValueError(f"the path {shown} is absolute: it must be relative to the sandbox")
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if ".." in parts:
        raise ValueError(f"the path {shown} has '..' in it: it could lead out of the sandbox")
    if len(_bytes(path)) > LONGEST_PATH or len(parts) > DEEPEST or any(len(_bytes(p)) > LONGEST_NAME for p in parts):
        raise ValueError(f"the path {shown} is too long")
    return parts


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
