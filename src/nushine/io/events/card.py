"""The run card as text, and whether two runs are the same."""

import json
from typing import Any

from nushine.events.record import COLUMNS, RunCard


def to_json(card: RunCard) -> str:
    """The card as one line of JSON, with all digits."""
    return json.dumps(card.to_dict())


def from_json(text: str) -> RunCard:
    """The card that `to_json` wrote; ValueError if it is none."""
    try:
        fields = json.loads(text)
        return RunCard(**{**fields, "modes": tuple(fields["modes"])})
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError("its run card cannot be read: was it written by another version of nushine?") from error


def columns_json() -> str:
    """Name, type, unit and meaning of each column as one line of JSON."""
    return json.dumps([column._asdict() for column in COLUMNS])


def require_same(there: RunCard, here: RunCard, name: str) -> None:
    """Raise ValueError, naming what differs, if a file belongs to another run."""
    old, new = there.to_dict(), here.to_dict()
    different = [
        f"{key} is {_short(old[key])}, not {_short(new[key])}" for key in new if not _equal(old[key], new[key])
    ]
    if different:
        raise ValueError(
            f"{name} holds another run: {'; '.join(different)}; resume with the same settings or choose another file"
        )


def _equal(a: Any, b: Any) -> bool:
    return json.dumps(a) == json.dumps(b)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
