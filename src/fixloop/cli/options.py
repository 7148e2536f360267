"""What verbs share: the options every one has, and how a command line's words become arguments."""

from typing import Annotated, Any

import typer


def _say_which(folder: str) -> str:
    """Tell whose workspace is read where that may be another than the one that was meant."""
    from fixloop.wiring import read_instead

    if told := read_instead(folder):
        from fixloop.cli.answering import complain

        complain(told.message, told.mend)
    return folder


Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, and nothing else there.")]
Repo = Annotated[
    str, typer.Option("--repo", metavar="DIR", help="The repository to work in.", callback=_say_which)
]
Onto = Annotated[
    str | None, typer.Option("--onto", metavar="BRANCH", help="The branch fixes go to [the one that is out].")
]
As = Annotated[str | None, typer.Option("--as", metavar="NAME", help="Who decides [git's user.email].")]
Ref = Annotated[str | None, typer.Option("--ref", metavar="REF", help="A commit instead of the work tree.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID", help="Hints; the first characters are enough.")]
SomeIds = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="Hints; the first characters are enough.")
]
OneId = Annotated[str, typer.Argument(metavar="ID", help="A hint; the first characters are enough.")]
Allow = Annotated[
    str | None, typer.Option("--allow", metavar="judge", help="Let a change of what decides pass.")
]
Reason = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, with --allow or --override.")]
Overridden = Annotated[
    list[str] | None,
    typer.Option("--override", metavar="CHECK", help="Overrule a check, with --why; may be repeated."),
]
HeldOut = Annotated[
    str | None,
    typer.Option(
        "--heldout", metavar="DIR", help="The held-out set [$FIXLOOP_HELDOUT, git config fixloop.heldout]."
    ),
]
AskedOf = Annotated[
    str | None,
    typer.Option("--heldout", metavar="DIR", help="Ask this held-out set; without it none is asked."),
]
CODES = "one_off, too_risky_now, costly, customer_wrong, staff_wrong, duplicate, not_general or other"
WhyCode = Annotated[str, typer.Option("--why", metavar="CODE", help=f"The reason: {CODES}.")]


def verb(**settings: Any) -> typer.Typer:
    """The Typer app of one verb."""
    return typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **settings,
    )


def one_way(ids: list[str] | None, every: bool, flag: str) -> list[str]:
    """The hints that are named; none where the flag stands for all.

    Raises:
        BadInput: neither or both are given.
    """
    from fixloop.errors import BadInput

    if bool(ids) == every:
        raise BadInput(f"name hints, or say {flag}" if not every else f"name hints or say {flag}, not both")
    return ids or []


def quicken(command: Any) -> Any:
    """Take texts and flags as they are, and leave the types of arguments out of the help.

    Typer asks pydantic to make a text of a text, and importing pydantic for it takes longer than all of a
    small `eval`. A Typer without this seam just stays slower.
    """
    all_params = command.get_params

    def get_params(ctx: Any) -> list[Any]:
        params: list[Any] = all_params(ctx)
        for param in params:
            kind = getattr(getattr(param, "type_descriptor", None), "annotation", None)
            if param.param_type_name == "argument":
                # Its name says more than `<list[str]>` beside it.
                param.display_type_rich = _no_type
            if kind in (bool, str, list[str]) and hasattr(param, "get_runtime_param"):
                param.get_runtime_param = _AsItIs
        return params

    command.get_params = get_params
    for inner in getattr(command, "commands", {}).values():
        quicken(inner)
    return command


def _no_type(ctx: Any) -> str:
    return ""


class _AsItIs:
    """Typer's contract for one parameter's value, without a conversion."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value; a parameter given several times gives a list."""
        if value is None:
            return [] if param.multiple or param.nargs == -1 else None
        return list(value) if isinstance(value, tuple) else value
