"""Generate the Python code of the contract beside its .proto files: `python -m barter.proto.generate`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def command(output: Path) -> list[str]:
    """The protoc call that writes below `output`, run from the repository's root."""
    sources = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "proto" / "v1").glob("*.proto"))
    outputs = [f"--{kind}_out={output}" for kind in ("python", "pyi", "grpc_python")]
    return [sys.executable, "-m", "grpc_tools.protoc", "-I", "barter/proto=proto", *outputs, *sources]


if __name__ == "__main__":
    sys.exit(subprocess.run(command(ROOT / "typings"), cwd=ROOT).returncode)
