"""`fixloop cycle` at a terminal and in cron's mail: what needs somebody is told, not in `--json` alone."""

from pathlib import Path

from tests.cli.conftest import Fixloop


def test_rows_set_aside_are_told(told: Path, fixloop: Fixloop) -> None:
    (told / "in.jsonl").write_text('{"nonsense": 1}\n{"ticket"\n')
    said = fixloop("cycle", "in.jsonl")
    assert said.code == 1
    assert "0 stored, 2 bad rows" in said.out
    assert "2 bad rows set aside in in.jsonl.quarantine.jsonl" in said.out
    assert "line 1: " in said.out and "line 2: " in said.out
