"""The committed code is what the contract generates."""

import subprocess
from pathlib import Path

from barter.proto.generate import ROOT, command


def test_generated_code_is_up_to_date(tmp_path: Path) -> None:
    subprocess.run(command(tmp_path), cwd=ROOT, check=True)
    made = sorted((tmp_path / "barter" / "proto" / "v1").iterdir())
    assert made
    for path in made:
        committed = ROOT / "proto" / "v1" / path.name
        assert committed.read_text() == path.read_text(), f"{path.name}: run python -m barter.proto.generate"
