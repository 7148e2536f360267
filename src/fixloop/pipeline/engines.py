"""Engines of a user's own: `python:package.module:factory`, and what each step expects of one."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NamedTuple, Protocol

from fixloop.errors import BadInput
from fixloop.pipeline.engine_host import Ended, EngineError, EngineHost
from fixloop.pipeline.extraction import fields_from
from fixloop.pipeline.fetch import Fields
from fixloop.workspace.model import Config, IntentDag, is_other, other_of
from fixloop.workspace.text import shown

PREFIX = "python:"


class Engine(Protocol):
    """What every engine has: a version that changes with its behaviour, and whether its answers vary."""

    version: str
    deterministic: bool


class IntentEngine(Engine, Protocol):
    """Step one of one's own."""

    def classify(self, texts: Sequence[str]) -> Sequence[Any]:
        """For each text a leaf, or a (leaf, score) pair with a score of 0…1."""
        ...


class ExtractionEngine(Engine, Protocol):
    """Step two of one's own."""

    def extract(self, texts: Sequence[str]) -> Sequence[Any]:
        """For each text {group: {field: [values]}}."""
        ...


class Answer(Protocol):
    """Step one's word on a text, whichever engine gave it."""

    @property
    def leaf(self) -> str:
        """The leaf, after thresholds."""
        ...

    @property
    def raw_leaf(self) -> str:
        """The best leaf before thresholds."""
        ...

    @property
    def path(self) -> tuple[str, ...]:
        """The intents from below the root down to the leaf."""
        ...

    @property
    def scores(self) -> Mapping[str, float]:
        """Calibrated joint scores."""
        ...


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer that fixloop's own engine did not compute: forced, or an engine of one's own."""

    leaf: str
    raw_leaf: str
    path: tuple[str, ...]
    scores: Mapping[str, float] = field(default_factory=dict)


class EngineFailure(BadInput):
    """An engine crashed or gave what cannot be used: not an answer, and never a low score."""

    def __init__(self, engine: str, index: int, detail: str) -> None:
        super().__init__(f"engine {engine} failed on text {index}: {detail}", mend="mend the engine")
        self.engine = engine
        self.index = index
        self.detail = detail


def is_custom(name: str) -> bool:
    """Whether an engine's name points at Python code."""
    return name.startswith(PREFIX)


def load_engine(name: str, config: Config, method: str) -> Any:
    """The engine a name points at, imported from `sys.path` as it is, in a process of its own.

    Raises:
        BadInput: nothing to import there, or the engine lacks version, deterministic or the method.
    """
    host = _host(name, config, method)
    about = host.about(method)
    if about["lacking"]:
        raise BadInput(
            f"engine {shown(name)} has no {', '.join(about['lacking'])}",
            mend=f"the factory returns an object with version, deterministic and {method}(texts)",
        )
    return _Hosted(host, about["version"], about["deterministic"])


def load_embedder(name: str, config: Config) -> Callable[[Sequence[str]], Any]:
    """The function a name points at, from texts to a row of numbers each, in a process of its own.

    Raises:
        BadInput: nothing to import there; or, when the function is asked, what went wrong in it.
    """
    host = _host(name, config, "embed", lambda: _Embedding(_factory(name)))
    host.about("embed")

    def embed(texts: Sequence[str]) -> Any:
        try:
            return host.ask("embed", texts)
        except (EngineError, Ended) as error:
            raise BadInput(f"embedder {shown(name)} failed: {error}", mend="mend the embedder") from None

    return embed


class _Embedding(NamedTuple):
    """A function as an engine: what it returns becomes plain lists, for those go over the pipe."""

    function: Callable[[list[str]], Any]
    version: str = ""
    deterministic: bool = True

    def embed(self, texts: Sequence[str]) -> Any:
        """One row a text."""
        found = self.function(list(texts))
        return found.tolist() if hasattr(found, "tolist") else [list(map(float, row)) for row in found]


class _Hosted(NamedTuple):
    """An engine as the steps see it: its two properties, and its methods over the pipe."""

    host: EngineHost
    version: str
    deterministic: bool

    def classify(self, texts: Sequence[str]) -> Any:
        """Step one."""
        return self.host.ask("classify", texts)

    def extract(self, texts: Sequence[str]) -> Any:
        """Step two."""
        return self.host.ask("extract", texts)


_HOSTS: dict[Any, EngineHost] = {}
_MOST_HOSTS = 8


def close_engines() -> None:
    """Let all engines' processes go; one that is asked again is started again."""
    while _HOSTS:
        _HOSTS.popitem()[1].close()


def _host(name: str, config: Config, method: str, make: Callable[[], Any] | None = None) -> EngineHost:
    """The engine's process; pipelines of one configuration and one place of code share it."""
    key = (os.getpid(), name, method, repr(config), tuple(sys.path))
    found = _HOSTS.pop(key, None)
    if found is None:
        found = EngineHost(make or (lambda: _factory(name)(config)))
    _HOSTS[key] = found
    while len(_HOSTS) > _MOST_HOSTS:
        _HOSTS.pop(next(iter(_HOSTS))).close()
    return found


def _factory(name: str) -> Callable[..., Any]:
    module, _, factory = name.removeprefix(PREFIX).partition(":")
    if not module or not factory:
        raise BadInput(
            f"engine {shown(name)} is not python:package.module:factory", mend="name a module and a factory"
        )
    try:
        found = getattr(import_module(module), factory)
    except (ImportError, AttributeError) as error:
        raise BadInput(f"engine {shown(name)}: {error}", mend="install it, or put it on PYTHONPATH") from None
    if not callable(found):
        raise BadInput(f"engine {shown(name)}: {factory} is not callable", mend="name a function or a class")
    return found  # type: ignore[no-any-return]  # what it returns is checked by load_engine


def ask(name: str, method: Callable[[Sequence[str]], Sequence[Any]], texts: Sequence[str]) -> list[Any]:
    """An engine's raw answers, one a text; a failing text gets its EngineFailure and spoils no other."""
    if not texts:
        return []
    answers = _ask_all(name, method, texts)
    if not isinstance(answers, EngineFailure):
        return answers
    if len(texts) == 1:
        return [answers]
    alone = [_ask_all(name, method, [text]) for text in texts]
    return [
        EngineFailure(name, index, found.detail) if isinstance(found, EngineFailure) else found[0]
        for index, found in enumerate(alone)
    ]


def _ask_all(
    name: str, method: Callable[[Sequence[str]], Any], texts: Sequence[str]
) -> list[Any] | EngineFailure:
    try:
        answers = method(texts)
    except (EngineError, Ended) as error:
        return EngineFailure(name, 0, str(error))
    if not isinstance(answers, list | tuple) or len(answers) != len(texts):
        return EngineFailure(name, 0, f"{len(texts)} texts gave {shown(answers)}")
    return list(answers)


def read_answer(name: str, index: int, raw: Any, dag: IntentDag) -> Answer | EngineFailure:
    """A leaf or (leaf, score) as an answer; the level's thresholds apply to a score."""
    if isinstance(raw, EngineFailure):
        return raw
    leaf, score = raw if isinstance(raw, list | tuple) and len(raw) == 2 else (raw, None)
    if not isinstance(leaf, str) or leaf not in dag.all_leaves:
        return EngineFailure(name, index, f"{shown(raw)} is no leaf of workspace/intents.yaml")
    if score is None:
        return answer_for(leaf, dag)
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        return EngineFailure(name, index, f"{shown(score)} is no score of 0…1")
    kept = _above_thresholds(leaf, float(score), dag)
    return GivenAnswer(kept, leaf, path_to(kept, dag), {leaf: round(float(score), 6)})


def _above_thresholds(leaf: str, score: float, dag: IntentDag) -> str:
    if is_other(leaf):
        return leaf
    for level in ("root", *path_to(leaf, dag)[:-1]):
        if score < dag.thresholds.get(level, 0.0):
            return other_of(level)
    return leaf


def answer_for(leaf: str, dag: IntentDag) -> GivenAnswer:
    """An answer that says nothing but the leaf."""
    return GivenAnswer(leaf, leaf, path_to(leaf, dag))


def path_to(leaf: str, dag: IntentDag) -> tuple[str, ...]:
    """The intents from below the root to a leaf, by the first parent that lists each; () below nothing."""
    path: list[str] = [leaf]
    while True:
        parents = [parent for parent in dag.parents_of(path[0]) if parent not in path]
        if not parents or parents[0] == "root":
            return tuple(path)
        path.insert(0, parents[0])


def read_fields(name: str, index: int, raw: Any) -> Fields | EngineFailure:
    """{group: {field: [values]}} as fields."""
    if isinstance(raw, EngineFailure):
        return raw
    return fields_from(raw) if _are_fields(raw) else EngineFailure(name, index, f"{shown(raw)} are no fields")


def _are_fields(raw: Any) -> bool:
    if not isinstance(raw, Mapping) or not all(isinstance(found, Mapping) for found in raw.values()):
        return False
    values = [value for found in raw.values() for value in found.values()]
    return all(isinstance(one, list | tuple) and all(isinstance(text, str) for text in one) for one in values)
