"""A person's editor, where a command asks for more than a line."""


def edited(text: str) -> str | None:
    """The text as the person left it; None where nothing was written.

    Raises:
        EnvironmentLacks: the editor is not there, or ended with an error.
    """
    import click

    from fixloop.errors import EnvironmentLacks

    try:
        return click.edit(text, extension=".yaml")
    except click.ClickException as error:
        said = f"the editor failed, nothing was taken: {error.message}"
        raise EnvironmentLacks(
            said, mend="set VISUAL or EDITOR, or write a file: fixloop hint new FILE"
        ) from error
