"""Following a deployment until it is done, saying why when it waits."""

import sys
import time
from collections.abc import Callable
from typing import Any

import click

from barter.tools.cli.errors import Refused
from barter.tools.cli.outcome import check
from barter.tools.cli.patience import patiently
from barter.tools.cli.rest import Missing, Service, app_path
from barter.tools.cli.views import apps

POLL_S = 0.2
# A deployment without any change for so long is waiting for something, and one wants to know for what.
STUCK_S = 3.0


class Screen:
    """One line that is rewritten on a terminal; a line for each change anywhere else. With `err` on stderr."""

    def __init__(self, *, err: bool = False) -> None:
        self._err = err
        self._live = (sys.stderr if err else sys.stdout).isatty()
        self._shown = ""

    def show(self, text: str) -> bool:
        """Whether it differs from what was shown last."""
        if text == self._shown:
            return False
        self._shown = text
        click.echo(f"\r\x1b[K{text}" if self._live else text, nl=not self._live, err=self._err)
        return True

    def say(self, text: str) -> None:
        """A line that stays."""
        click.echo(f"\r\x1b[K{text}" if self._live else text, err=self._err)
        if self._live:
            click.echo(self._shown, nl=False, err=self._err)

    def end(self) -> None:
        if self._live and self._shown:
            click.echo(err=self._err)


def follow(
    service: Service, app_id: str, deployment: str, why: Callable[[], list[str]], *, err: bool = False
) -> dict[str, Any] | None:
    """Return the app once `deployment` is done, None when it is gone; raise Refused when that failed, or on Ctrl-C."""
    screen, changed, explained = Screen(err=err), time.monotonic(), False
    app: dict[str, Any] | None = None
    try:
        while True:
            app = patiently(lambda: _read(service, app_id))
            now = time.monotonic()
            if screen.show(
                f"{app_id}: {apps.progress(app) if app else 'gone from the list, its instances are ending'}"
            ):
                changed, explained = now, False
            if not _going_on(service, app, deployment):
                break
            if not explained and now - changed > STUCK_S:
                explained = True
                for line in _reasons(app, why):
                    screen.say(line)
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        raise Refused(
            f"stopped watching; the deployment of {app_id} goes on",
            then=f"barter app show {app_id}, barter explain {app_id}, or barter app rm --force {app_id}",
        ) from None
    finally:
        screen.end()
    check(service, deployment, f"barter app show {app_id}")
    return app


def _read(service: Service, app_id: str) -> dict[str, Any] | None:
    try:
        app = service.call("GET", app_path(app_id) + "?embed=app.reasons&embed=app.readiness")["app"]
    except Missing:
        return None
    return dict(app)


def _going_on(service: Service, app: dict[str, Any] | None, deployment: str) -> bool:
    """The app names its deployments; one that is gone from the list may still be ending its instances."""
    current = app.get("deployments") if app is not None else patiently(lambda: service.call("GET", "/v2/deployments"))
    return any(item["id"] == deployment for item in current or ())


def _reasons(app: dict[str, Any] | None, why: Callable[[], list[str]]) -> list[str]:
    waiting = (app or {}).get("waiting")
    lines = [f"  {line}" for line in (*([waiting] if waiting else []), *why())]
    if failure := (app or {}).get("lastTaskFailure"):
        lines.append(f"  last failure: {failure.get('state', '')} {failure.get('message', '')}".rstrip())
    return lines
