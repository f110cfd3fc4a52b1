"""Text files that appear under their name when they are complete."""

import os
from pathlib import Path


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file in UTF-8 with the line ends as they are.

    A regular file is replaced when the new one is complete, so that a full disk leaves no half of it; pipes and
    devices are written to directly.

    Raises
    ------
    OSError
        If the file cannot be written.

    """
    target = Path(path).resolve()
    replaces = target.is_file() or not target.exists()
    part = target.with_name(f".{target.name}.part") if replaces else target
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        if replaces:
            part.replace(target)
    except OSError:
        if replaces:
            part.unlink(missing_ok=True)
        raise
