"""Whatever a user gets wrong ends as one line on stderr."""

import contextlib
import errno
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

import typer
from typer.core import TyperGroup

from nushine.lines import one_line, place

WRONG_INPUT = 2
"""Exit status of every mistake of the user."""

NOT_FOUND = 3
"""Exit status where a result is complete but for numbers that could not be found, each with its reason."""

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""

UsageError: type[Exception] = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")
"""What typer raises for unknown options, missing arguments and the like."""


class OneLineErrors(TyperGroup):
    """The group of commands; it turns errors into one line instead of a traceback or a box."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command and leave with its exit status."""
        open_closed_streams()
        standalone = extra.get("standalone_mode", True)
        extra["standalone_mode"] = False

        def command() -> Any:
            return super(OneLineErrors, self).main(*args, **extra)

        return sys.exit(status(command)) if standalone else command()


def open_closed_streams() -> None:
    """Have streams in the place of stdout and stderr where the caller has closed them.

    Without them notes for stderr would go into the data on stdout, results for stdout would be lost without a word, and
    the next file that is opened would take their place. What goes to a closed stderr is lost; what goes to a closed
    stdout is the error that it would be in other programs, because its stream may be read only.
    """
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, flags)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
    if sys.stdout is None:
        sys.stdout = _nowhere(os.O_RDONLY)
    if sys.stderr is None:
        sys.stderr = _nowhere(os.O_WRONLY)


def _nowhere(flags: int) -> TextIO:
    return os.fdopen(os.open(os.devnull, flags), "w", encoding="utf-8", errors="backslashreplace")


def status(command: Callable[[], Any]) -> int:
    """Run something that prints, and give the exit status: errors of the user are told in one line."""
    try:
        result = command()
        print(end="", flush=True)
    except BrokenPipeError:
        _discard_stdout()
        return 1
    except UsageError as error:
        return _refuse(_usage(error))
    except OSError as error:
        _discard_stdout()
        return _refuse(_cause(error))
    except ValueError as error:
        return _refuse(str(error))
    except typer.Abort:
        return INTERRUPTED
    return result if isinstance(result, int) else 0


def _refuse(message: str) -> int:
    with contextlib.suppress(OSError):
        print(f"nushine: {one_line(message)}", file=sys.stderr, flush=True)
    return WRONG_INPUT


def _usage(error: Any) -> str:
    """The message of typer, the commands where one was misspelt, and where to read on."""
    message: str = error.format_message()
    for words in ("Value error, ", ", unable to parse string as a number"):
        message = message.replace(words, "")
    message = message.replace("Input should be", "it should be").rstrip(".?! ")
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    if isinstance(context.command, TyperGroup) and "command" in message:
        message += f"; commands are {', '.join(context.command.list_commands(context))}"
    return f"{message}: see '{context.command_path} --help'"


def _cause(error: OSError) -> str:
    what = error.strerror or str(error)
    if error.errno == errno.EBADF and error.filename in (None, "-"):
        return "cannot write the output: standard output is closed; open it, or give a file"
    if error.errno == errno.EBADF:
        return f"{place(error.filename)}: is not open; redirect it, as in 3> FILE, or give a file"
    if error.filename is None:
        return f"cannot write the output: {what}; make room or choose another place"
    return f"{place(error.filename)}: {what}; check the path, its permissions and the space on its disk"


def _discard_stdout() -> None:
    """Send what is still buffered nowhere: the interpreter would fail on it again at its end."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
