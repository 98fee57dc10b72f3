"""The end of a process in the middle of what it was doing."""


class Crashed(BaseException):
    """No `except Exception` on its way saves the process."""
