"""Engines of a user's own, each in a process of its own.

An engine may exit, hang, recurse until the interpreter dies or write to stdout: none of that may end the run
that asks it: a gate that ends without a verdict must not look like one that passed. The process is a fork;
it sees the same modules and the same `sys.path`, and what it does to them stays its own.
"""

import json
import os
import select
import signal
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from fixloop.errors import BadInput, EnvironmentLacks

SECONDS = "FIXLOOP_ENGINE_SECONDS"
"""The variable that says how long an engine may take for one batch."""

_SHORTEST, _EACH, _LONGEST = 60.0, 5.0, 1800.0
_MOST_ENDS = 8
"""How often an engine may end in one run before it is not started again."""
_PIECE = 1 << 16

Make = Callable[[], Any]
"""Imports and builds an engine; called in the engine's own process."""


class Ended(Exception):
    """The engine's process ended, or gave no answer in time."""


class _Child(NamedTuple):
    pid: int
    requests: int
    answers: int


class EngineHost:
    """One engine behind a pipe. It is started when first asked, and again after it has ended."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._child: _Child | None = None
        self._owner = 0
        self._ends = 0
        self._about: dict[str, Any] | None = None

    def about(self, method: str) -> dict[str, Any]:
        """The engine's `version` and `deterministic`, and what of them or the method it is `lacking`.

        Raises:
            BadInput: it cannot be imported or built.
        """
        if self._about is None:
            try:
                self._start(method)
            except Ended as error:
                raise BadInput(f"the engine {error} while it was loaded", mend="mend the engine") from None
        assert self._about is not None
        return self._about

    def _leave_to_parent(self) -> None:
        """In a fork of the run the engine is another's: two askers on one pipe would mix their answers."""
        if self._child is not None and self._owner != os.getpid():
            os.close(self._child.requests)
            os.close(self._child.answers)
            self._child = None

    def ask(self, method: str, texts: Sequence[str]) -> Any:
        """The engine's own answers as JSON has them.

        Raises:
            Ended: it ended, hung, or has done so too often before.
            EngineError: it raised; the message names the exception.
        """
        self._leave_to_parent()
        if self._child is None:
            if self._ends >= _MOST_ENDS:
                raise Ended(f"ended {self._ends} times before, and is not started again")
            self._start(method)
        said = self._exchange({"method": method, "texts": list(texts)}, _patience(len(texts)))
        if "error" in said:
            raise EngineError(said["error"])
        return said["answers"]

    def close(self) -> None:
        """Let the process go; it ends when nobody can ask it any more."""
        self._leave_to_parent()
        if self._child is not None:
            child, self._child = self._child, None
            os.close(child.requests)
            os.close(child.answers)
            _end(child.pid)

    # --- the process ------------------------------------------------------------------------------------

    def _start(self, method: str) -> None:
        requests, answers = os.pipe(), os.pipe()
        with warnings.catch_warnings():
            # Python warns of forking beside threads; the child runs the engine and nothing of ours.
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                pid = os.fork()
            except OSError as error:
                raise EnvironmentLacks(f"no process for the engine: {error.strerror}") from error
        if pid == 0:
            _serve(self._make, method, requests[0], answers[1])
        os.close(requests[0])
        os.close(answers[1])
        self._child = _Child(pid, requests[1], answers[0])
        self._owner = os.getpid()
        found = self._read_line(_patience(0))
        if "problem" in found:
            self.close()
            raise BadInput(*found["problem"][:1], mend=found["problem"][1])
        self._about = found

    def _exchange(self, request: dict[str, Any], patience: float) -> dict[str, Any]:
        assert self._child is not None
        line = (json.dumps(request) + "\n").encode()
        try:
            while line:
                line = line[os.write(self._child.requests, line) :]
        except BrokenPipeError:
            raise self._gone() from None
        return self._read_line(patience)

    def _read_line(self, patience: float) -> dict[str, Any]:
        assert self._child is not None
        end, pieces = time.monotonic() + patience, list[bytes]()
        while not (pieces and pieces[-1].endswith(b"\n")):
            ready, _, _ = select.select([self._child.answers], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                self._kill()
                raise Ended(f"gave no answer for {patience:g} seconds")
            piece = os.read(self._child.answers, _PIECE)
            if not piece:
                raise self._gone()
            pieces.append(piece)
        found: dict[str, Any] = json.loads(b"".join(pieces))
        return found

    def _gone(self) -> Ended:
        """What became of the process."""
        assert self._child is not None
        child, self._child = self._child, None
        self._ends += 1
        os.close(child.requests)
        os.close(child.answers)
        _, status = os.waitpid(child.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        return Ended(f"ended by itself, with exit code {code}" if code >= 0 else f"died of signal {-code}")

    def _kill(self) -> None:
        assert self._child is not None
        self._ends += 1
        self.close()


class EngineError(Exception):
    """The engine raised: what, in words."""


def _patience(texts: int) -> float:
    said = os.environ.get(SECONDS, "")
    try:
        return max(0.01, float(said))
    except ValueError:
        return min(_LONGEST, _SHORTEST + _EACH * texts)


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


# --- in the engine's process ------------------------------------------------------------------------------


def _serve(make: Make, method: str, requests: int, answers: int) -> None:
    """Answer until nobody asks; never returns."""
    code = 1
    try:
        requests, answers = _alone(requests, answers)
        # Ctrl-C reaches all processes of a terminal: the run that asks decides what it means.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _answer_all(make, method, requests, answers)
        code = 0
    finally:
        os._exit(code)


def _alone(requests: int, answers: int) -> tuple[int, int]:
    """Away from the terminal and every file of the run: a lock it holds must not outlive it here."""
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    kept = sorted((requests, answers))
    at = 3
    for one in kept:
        os.closerange(at, one)
        at = one + 1
    os.closerange(at, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") < 1 << 20 else 1 << 20)
    return requests, answers


def _answer_all(make: Make, method: str, requests: int, answers: int) -> None:
    engine = _make_engine(make, method, answers)
    if engine is None:
        return
    with os.fdopen(requests, "rb") as lines:
        for line in lines:
            request = json.loads(line)
            _say(answers, _answer(engine, request["method"], request["texts"]))


def _make_engine(make: Make, method: str, answers: int) -> Any:
    try:
        engine = make()
        lacking = [part for part in ("version", "deterministic", method) if not hasattr(engine, part)]
        about = {
            "version": str(getattr(engine, "version", "")),
            "deterministic": bool(getattr(engine, "deterministic", False)),
            "lacking": lacking,
        }
    except BadInput as error:
        _say(answers, {"problem": [error.message, error.mend]})
    except BaseException as error:  # foreign code once more: an exit or an interrupt of its own counts, too
        _say(answers, {"problem": [f"the engine cannot be made: {_words(error)}", "mend the engine"]})
    else:
        _say(answers, about)
        return engine
    return None


def _answer(engine: Any, method: str, texts: Sequence[str]) -> dict[str, Any]:
    try:
        found = getattr(engine, method)(texts)
        if not isinstance(found, list | tuple):
            found = repr(found)[:200]
        json.dumps(found)
    except BaseException as error:  # the seam to foreign code: whatever it raises is its failure
        return {"error": _words(error)}
    return {"answers": found}


def _words(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:2000]
    except Exception:  # an exception that cannot be shown
        return type(error).__name__


def _say(answers: int, value: dict[str, Any]) -> None:
    line = (json.dumps(value) + "\n").encode()
    while line:
        line = line[os.write(answers, line) :]
