"""`fixloop cycle` at a terminal and in cron's mail: what needs somebody is told, not in `--json` alone."""

import json
from pathlib import Path

from tests.cli.conftest import Fixloop


def test_rows_set_aside_are_told(told: Path, fixloop: Fixloop) -> None:
    (told / "in.jsonl").write_text('{"nonsense": 1}\n{"ticket"\n')
    said = fixloop("cycle", "in.jsonl")
    assert said.code == 1
    assert "0 stored, 2 bad rows" in said.out
    assert "2 bad rows set aside in in.jsonl.quarantine.jsonl" in said.out
    assert "line 1: " in said.out and "line 2: " in said.out


def test_what_a_run_set_aside_is_not_the_next_ones_input(told: Path, fixloop: Fixloop) -> None:
    (told / "in.jsonl").write_text('{"nonsense": 1}\n')
    fixloop("cycle", "in.jsonl")
    for _ in range(2):
        said = fixloop("cycle", *sorted(path.name for path in told.glob("in*.jsonl")))
        assert "0 stored, 1 bad row ·" in said.out
        assert "left out, rows set aside by an earlier run: in.jsonl.quarantine.jsonl" in said.err
        assert "fixloop ingest in.jsonl.quarantine.jsonl" in said.err
    assert sorted(path.name for path in told.glob("in*")) == ["in.jsonl", "in.jsonl.quarantine.jsonl"]


def test_a_name_that_nearly_is_one_is_told(told: Path, fixloop: Fixloop) -> None:
    said = {"outcome": "rejected", "reviewer": "s", "at": "2026-11-01T00:00:00Z"}
    wrong = {**said, "ticket": {"id": "T-7", "text": "hello"}, "expected": {"leaf": "acount_locked"}}
    (told / "in.jsonl").write_text(json.dumps(wrong) + "\n")
    assert "no leaf is called `acount_locked` (ticket T-7)" in fixloop("cycle", "in.jsonl").out
