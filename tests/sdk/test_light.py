"""Importing the SDK loads gRPC, protobuf and the standard library: a framework pays for nothing else."""

import subprocess
import sys

ALLOWED = {"barter", "grpc", "google", "typing_extensions", "cython_runtime", "grpc_tools"}
PROBE = """
import sys
before = set(sys.modules)
import barter.sdk
import barter.sdk.shell.driver
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
print(*sorted(name for name in sys.modules if name.startswith("barter.")))
"""


def test_the_import_is_light() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    tops, ours = (line.split() for line in done.stdout.splitlines())
    assert "grpc" in tops
    foreign = {top for top in tops if top not in sys.stdlib_module_names and top not in ALLOWED}
    assert not {top for top in foreign if not top.startswith("_")}, foreign
    shells = {name for name in ours if name.startswith("barter.shell.")}
    assert shells == {
        "barter.shell.clock",
        *(f"barter.shell.{name}" for name in ("reach", "runner", "sqlite", "transport")),
    }
    assert not [name for name in ours if name.split(".")[1] not in ("core", "proto", "sdk", "shell")]
