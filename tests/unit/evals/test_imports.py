"""What judging intent cases of an engine of one's own must not pay for."""

import subprocess
import sys

HEAVY = ("pydantic", "yaml", "jinja2", "numpy", "sklearn", "scipy", "git", "typer", "rich")


def test_evals_of_jsonl_cases_load_nothing_heavy() -> None:
    code = """
import sys
from fixloop.evals.cases import load_cases
from fixloop.evals.compare import compare_reports
from fixloop.evals.protected import blocks
from fixloop.evals.run import evaluate
from fixloop.workspace.snapshot import MemorySnapshot

class Engine:
    intent_version = "1"
    def classify_each(self, texts):
        from fixloop.pipeline.engines import GivenAnswer
        return [GivenAnswer("other", "other", ())] * len(texts)

line = b'{"id": "a", "text": "hi", "expect": "other"}'
report = evaluate(Engine(), load_cases(MemorySnapshot({"evals/intent/a.jsonl": line})))
assert report.all_pass
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & set(HEAVY) == set()
