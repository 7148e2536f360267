"""The one door: every run ends here, in a result, a message, or a log that can be sent to us."""

import atexit
import errno
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

INTERRUPTED, OUR_BUG, NOBODY_READS = 130, 70, 141
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    _make_writable()
    _leave_garbage()
    try:
        return _open_door(words)
    except KeyboardInterrupt:
        return _say(words, INTERRUPTED, "interrupted; nothing is half-written")


def _leave_garbage() -> None:
    """A run keeps most of what it makes; looking for garbage every 700 objects takes a tenth of its time.

    Every 50,000 still took a tenth of a gate, which found 400 in 150,000: so far it is left alone.
    """
    gc.set_threshold(500_000, 20, 50)
    # On its way out Python looks at all that is left once more, which takes a sixth of a gate: for nothing.
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)


def _make_writable() -> None:
    """A stream that is closed swallows what it is told; one of few letters gets escapes for the others."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # for good
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _open_door(words: list[str]) -> int:
    try:
        code = _run(words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        _let_go_of_stdout()
        return NOBODY_READS
    except Exception as error:  # the one door for what nobody foresaw
        return _tell(words, error)


def _let_go_of_stdout() -> None:
    """Python would try to flush it once more on its way out, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(words: list[str]) -> int:
    import typer

    from fixloop.cli.app import build_app

    try:
        command = build_app()
        with command.make_context("fixloop", words or ["--help"]) as context:
            return command.invoke(context) or 0
    except typer.Exit as done:
        return done.exit_code


def _tell(words: list[str], error: Exception) -> int:
    from typer import TyperException

    from fixloop.errors import FixloopError

    if isinstance(error, FixloopError):
        place = str(error.place) if error.place else None
        return _say(words, error.exit_code, error.message, place, error.mend)
    if isinstance(error, OSError) and error.errno in FULL:
        return _tell_of_no_room(words, error)
    if isinstance(error, TyperException):
        context = getattr(error, "ctx", None)
        return _say(
            words, 2, error.format_message(), None, f"{context.command_path} --help" if context else ""
        )
    return _keep_log(words, error)


def _tell_of_no_room(words: list[str], error: OSError) -> int:
    """A full or read-only disk, which may be where stdout goes; then only stderr hears of it."""
    from fixloop.errors import EnvironmentLacks

    told = f"{error.filename}: {error.strerror}" if error.filename else f"cannot write: {error.strerror}"
    try:
        sys.stdout.flush()
        return _say(words, EnvironmentLacks.exit_code, told)
    except OSError:
        _let_go_of_stdout()
        return _say([], EnvironmentLacks.exit_code, told)


def _say(words: list[str], code: int, message: str, place: str | None = None, mend: str = "") -> int:
    """One message on stderr; with `--json` one document on stdout too."""
    from fixloop.cli.answering import complain, write_json

    if "--json" in words:
        write_json({"error": {"message": message, "place": place, "mend": mend or None}})
        sys.stdout.flush()
    complain(f"{place}: {message}" if place else message, mend)
    return code


def _keep_log(words: list[str], error: Exception) -> int:
    """Our bug: all that helps to find it goes into a file, one line to the user."""
    import platform
    import traceback

    from fixloop import __version__

    python = f"Python {platform.python_version()} on {platform.platform()}"
    trace = "".join(traceback.format_exception(error))
    text = f"fixloop {__version__}\n{python}\nargv: {words!r}\n\n{trace}"
    told = f"{type(error).__name__}: {error}"
    return _say(
        words,
        OUR_BUG,
        f"this is a bug in fixloop: {told}",
        None,
        f"the log to send: {_write_log(words, text)}",
    )


def _write_log(words: list[str], text: str) -> Path:
    import tempfile
    from time import strftime

    from fixloop.wiring import log_folder

    name = f"fixloop-{strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    for folder in (log_folder(_repo_in(words)), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return folder / name
    return Path(os.devnull)


def _repo_in(words: list[str]) -> str:
    """The folder named by `--repo`, read again by hand: the parser may be what failed."""
    for word, following in zip(words, [*words[1:], "."], strict=True):
        if word == "--repo":
            return following
        if word.startswith("--repo="):
            return word.removeprefix("--repo=")
    return "."


def run() -> NoReturn:
    """The process of one command line: `main`, and out without taking apart what is left.

    Python would free it object by object, which takes a twentieth of a gate; the system takes it whole.
    """
    ended: list[int] = []
    atexit.register(_leave_at_once, ended)  # the first that is registered is the last that is called
    ended.append(main())
    sys.exit(ended[0])


def _leave_at_once(ended: Sequence[int]) -> None:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # Python tries once more, and says what it says of it
    if ended:
        os._exit(ended[0])


if __name__ == "__main__":
    run()
