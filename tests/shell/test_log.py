"""Every line a daemon writes has one form, a library's too."""

import json
import subprocess
import sys

LIBRARY = """
import logging
from barter.shell import log
log.setup()
log.logger("master").info("ready", port=1)
logging.getLogger("uvicorn.error").warning("Invalid %s request received.", "HTTP")
try:
    password = "hidden" + "here"
    raise ValueError("why")
except ValueError:
    logging.getLogger("asyncio").exception("a callback failed")
logging.getLogger("quiet").info("not of interest")
"""


def lines_of(form: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", LIBRARY], env={"BARTER_LOG_FORMAT": form}, capture_output=True, text=True, check=True
    )
    return ran.stderr.splitlines()


def test_json_is_json_whoever_speaks() -> None:
    ready, invalid, failed = map(json.loads, lines_of("json"))
    assert (ready["component"], ready["event"], ready["port"]) == ("master", "ready", 1)
    assert (invalid["component"], invalid["level"]) == ("uvicorn.error", "warning")
    assert invalid["event"] == "Invalid HTTP request received."
    assert failed["event"] == "a callback failed"
    assert failed["exception"].endswith("ValueError: why")


def test_text_names_level_and_speaker() -> None:
    _, invalid, *traceback = lines_of("text")
    assert "warning" in invalid
    assert "component=uvicorn.error" in invalid
    assert any("ValueError: why" in line for line in traceback)


def test_a_traceback_shows_no_variables() -> None:
    assert not any("hiddenhere" in line for form in ("text", "json") for line in lines_of(form))
