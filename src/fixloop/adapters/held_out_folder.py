"""A held-out set as a folder outside every repository: laid out as `evals/`, with its key and questions."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from fixloop.adapters.secret_key import load_key
from fixloop.errors import BadInput, EnvironmentLacks
from fixloop.ports.clock import Clock
from fixloop.ports.held_out import Question

VARIABLE, SETTING = "FIXLOOP_HELDOUT", "fixloop.heldout"
_KEY, _QUESTIONS = "key", "questions.jsonl"
_CASES = (".yaml", ".jsonl")


class HeldOutFolder:
    """Answers `ports.held_out.HeldOut`."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        """Case files as a snapshot has them; links are passed over."""
        found = {f"evals/{path.relative_to(self._folder).as_posix()}": path for path in self._case_files()}
        return {name: found[name].read_bytes() for name in sorted(found)}

    def _case_files(self) -> Iterator[Path]:
        for suite in self._folder.iterdir():
            if suite.is_dir() and not suite.is_symlink():
                for path in suite.iterdir():
                    if path.suffix in _CASES and path.is_file() and not path.is_symlink():
                        yield path

    @cached_property
    def key(self) -> bytes:
        """Its own secret, made when absent, readable by its owner only."""
        return load_key(self._folder / _KEY)

    def questions(self) -> Sequence[Question]:
        """Every question asked so far.

        Raises:
            BadInput: the file is damaged: to go on would be to forget what was asked.
        """
        path = self._folder / _QUESTIONS
        try:
            lines = path.read_bytes().splitlines() if path.exists() else []
            return [_question(json.loads(line)) for line in lines]
        except (ValueError, KeyError, TypeError):
            mend = "bring the file back from a copy, or rotate the set (docs/heldout.md)"
        raise BadInput("questions.jsonl of the held-out set is damaged", mend=mend)

    def record(self, question: Question, base: str, head: str) -> None:
        """One line more, in one write, so that two runs never mix theirs.

        Raises:
            EnvironmentLacks: the folder cannot be written: an answer that is not counted is not given.
        """
        row = {"id": question.id, "answer": question.answer, "used": question.used}
        line = json.dumps({**row, "base": base, "head": head, "at": self._clock.now()}) + "\n"
        try:
            handle = os.open(self._folder / _QUESTIONS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(handle, line.encode())
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            why = error.strerror
        else:
            return
        raise EnvironmentLacks(f"the held-out set cannot count its questions: {why}")


def _question(row: Mapping[str, object]) -> Question:
    answer = str(row["answer"])
    if answer not in ("pass", "fail") or not isinstance(row["used"], bool):
        raise ValueError
    return Question(str(row["id"]), answer, row["used"])


def find_held_out(
    named: str | None, setting: str | None, top: Path | None, inside: Iterable[Path], clock: Clock
) -> HeldOutFolder | None:
    """The held-out set named on the command line, in the environment, or in git's configuration; or None.

    `inside` are the folders of the repository, in none of which it may lie; a relative setting counts from
    `top`.

    Raises:
        BadInput: it is named and not there, or lies inside the repository.
        EnvironmentLacks: the environment or the configuration names one that is not there.
    """
    said = named or os.environ.get(VARIABLE) or ""
    folder = Path(said).expanduser() if said else _configured(setting, top)
    if folder is None:
        return None
    real = folder.resolve()
    if not real.is_dir():
        where = "--heldout" if named else VARIABLE if said else f"git config {SETTING}"
        if named:
            raise BadInput(f"there is no held-out set at {folder}", mend="name its folder")
        raise EnvironmentLacks(f"there is no held-out set at {folder}, which {where} names")
    for place in inside:
        if real.is_relative_to(place.resolve()):
            mend = "move it out of the repository: what a branch or a proposer can read is not held out"
            raise BadInput("the held-out set lies inside the repository", mend=mend)
    return HeldOutFolder(real, clock)


def _configured(setting: str | None, top: Path | None) -> Path | None:
    if not setting:
        return None
    path = Path(setting).expanduser()
    return path if path.is_absolute() or top is None else top / path
