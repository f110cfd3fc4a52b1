"""Check the text of the repository: it speaks of physics, users and design, and holds on any machine.

Fails on absolute paths of one machine, hosts of package registries, notes to oneself, and names of the tools that
somebody writes with. Usage: ``python tools/check_text.py`` from anywhere in the repository.
"""

import codecs
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
SKIPPED: Final = {
    ".venv",
    ".venv-lowest",
    ".venv-newest",
    "build",
    "dist",
    "figures",
    "_build",
    "htmlcov",
    "__pycache__",
}

# Written in ROT13, so that this file passes its own check.
TOOLS: Final = codecs.decode(
    r"pynhqr|naguebcvp|bcranv|pungtcg|tcg-?\d|pbcvybg|trzvav|pbqrk|yynzn|zvfgeny|nvqre|jvaqfhes|"
    r"ynetr ynathntr zbqry|ynathntr zbqry|yyzf?|"
    r"nv[- ](?:trarengrq|nffvfgnag|nffvfgrq|jevggra|ntragf?|zbqryf?)|trarengrq (?:ol|jvgu|hfvat) na? nv|"
    r"pb-nhguberq-ol|(?:pbqvat|nhgbabzbhf|fho)[- ]?(?:ntragf?|nffvfgnagf?)",
    "rot13",
).replace(r"\q", r"\d")
REGISTRIES: Final = (
    r"pypi\.(?:org|python)|pythonhosted\.org|registry\.npmjs|anaconda\.org|(?:ftp|deb)\.debian\.org|artifactor[y]|"
    r"--(?:extra-)?index[-]url|--find[-]links|--trusted[-]host|pip_index[_]url"
)
PATHS: Final = (
    r"(?<![\w./<>{}])/(?:home|root|users|tmp|work|opt|mnt|srv|private)/[\w.]|"
    r"\b[a-z]:\\{1,2}users\b|file:/{3}"
)

RULES: Final = {
    "absolute path of one machine": re.compile(PATHS, re.IGNORECASE),
    "host or option of a package registry": re.compile(REGISTRIES, re.IGNORECASE),
    "note to oneself": re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"),
    "name of a writing tool": re.compile(rf"\b(?:{TOOLS})\b", re.IGNORECASE),
}


def main() -> int:
    """Print each finding as ``file:line: what: text``; return 1 if there is one."""
    findings = [finding for path in files() for finding in check(path)]
    print("\n".join(findings) if findings else "check_text: nothing found")
    return 1 if findings else 0


def files() -> list[Path]:
    """The files that git tracks or would track; outside a git repository, all but the built ones."""
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=False,
    )
    if (ROOT / ".git").exists() and listing.returncode == 0:
        return sorted(path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file())
    return sorted(path for path in ROOT.rglob("*") if path.is_file() and not is_built(path.relative_to(ROOT)))


def is_built(path: Path) -> bool:
    """Whether a path lies in a folder of caches or output."""
    return any(part in SKIPPED or part.endswith(("_cache", ".egg-info")) for part in path.parts)


def check(path: Path) -> Iterator[str]:
    """Findings in one file; files that are not UTF-8 text have none."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    for number, line in enumerate(text.splitlines(), start=1):
        for what, pattern in RULES.items():
            if found := pattern.search(line):
                yield f"{path.relative_to(ROOT)}:{number}: {what}: {found.group()}"


if __name__ == "__main__":
    sys.exit(main())
