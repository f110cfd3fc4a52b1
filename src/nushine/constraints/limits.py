"""The published limits as records, read from the package's tables at first use."""

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray


class LimitFlavour(StrEnum):
    """Flavour of the moment a limit holds for; UNIVERSAL: of any flavour, or equal for all."""

    E = "e"
    MU = "mu"
    TAU = "tau"
    UNIVERSAL = "universal"


class Kind(StrEnum):
    """Where a limit comes from."""

    LABORATORY = "laboratory"
    ASTROPHYSICAL = "astrophysical"
    COSMOLOGICAL = "cosmological"


class Boundary(StrEnum):
    """What the points of a curve are: the lower edge of the excluded region, or a polygon around it."""

    LOWER = "lower"
    CLOSED = "closed"


@dataclass(frozen=True, eq=False)
class PublishedLimit:
    r"""One published limit curve, with mu in Bohr magnetons for :math:`L = (\mu/2)\,\bar\nu\sigma N F`.

    Parameters
    ----------
    name : str
        Identifier, see `names`.
    label : str
        Text for legends.
    flavour : LimitFlavour
        Flavour it holds for; UNIVERSAL for flavour-blind limits and for those from solar neutrinos.
    solar : bool
        Derived for the flavour mixture of solar neutrinos, and used for every flavour; see `note`.
    kind : Kind
        Laboratory, astrophysical or cosmological.
    boundary : Boundary
        LOWER: excluded above the line; CLOSED: excluded inside the polygon (the last point joins the first).
    m_N : ndarray, shape (P,)
        Sterile masses [MeV] in drawing order (not always ascending).
    mu : ndarray, shape (P,)
        Moments [mu_B].
    cl : float
        Published confidence level, 0.90 or 0.95; never rescaled. Where it is doubtful the note says "CL 90?".
    convention : str
        Coupling the curve was digitised in: "d" [GeV^-1] with L = d nubar sigma N F, or "mu" [mu_B].
    paper, arxiv : str
        Where it was derived.
    variant_of : str
        Curve that the same data give in another analysis, or for a moment to the photon alone; empty for most. It is
        the weaker one, and stands for both in `envelope`.
    note : str
        Open questions, and how the points were joined.

    """

    name: str
    label: str
    flavour: LimitFlavour
    solar: bool
    kind: Kind
    boundary: Boundary
    m_N: NDArray[np.float64]
    mu: NDArray[np.float64]
    cl: float
    convention: str
    paper: str
    arxiv: str
    variant_of: str
    note: str

    def holds_for(self, flavour: LimitFlavour) -> bool:
        """Whether the limit constrains a moment of this flavour (a universal moment is constrained by all)."""
        return LimitFlavour.UNIVERSAL in (flavour, self.flavour) or flavour is self.flavour


def load(flavour: LimitFlavour | str = LimitFlavour.UNIVERSAL) -> tuple[PublishedLimit, ...]:
    """Return the published limits that constrain a moment of this flavour.

    Parameters
    ----------
    flavour : LimitFlavour or str
        "e", "mu", "tau": the limits of that flavour, the flavour-blind ones and the solar ones (flagged `solar`).
        "universal": all limits, as each of them constrains a moment common to all flavours.

    Returns
    -------
    tuple of PublishedLimit
        In the order of the table: solar, astrophysical and cosmological, colliders, then by flavour.

    Raises
    ------
    ValueError
        For an unknown flavour.

    Examples
    --------
    >>> [limit.name for limit in load("tau") if limit.flavour is LimitFlavour.TAU]
    ['superk_atmospheric_tau', 'donut', 'donut_recomputed']

    """
    wanted = _flavour(flavour)
    return tuple(limit for limit in _table().values() if limit.holds_for(wanted))


def names() -> tuple[str, ...]:
    """Identifiers of all curves."""
    return tuple(_table())


def get(name: str) -> PublishedLimit:
    """Return one curve by its identifier; ValueError with the known ones otherwise.

    Examples
    --------
    >>> limit = get("borexino")
    >>> limit.cl, limit.solar, limit.arxiv
    (0.9, True, '2007.15563')

    """
    table = _table()
    if name not in table:
        raise ValueError(f"limit '{name}' is unknown: choose one of {', '.join(table)}")
    return table[name]


def _flavour(flavour: LimitFlavour | str) -> LimitFlavour:
    if flavour not in set(LimitFlavour):
        raise ValueError(f"flavour '{flavour}' is unknown: choose one of {', '.join(LimitFlavour)}")
    return LimitFlavour(flavour)


@cache
def _table() -> dict[str, PublishedLimit]:
    points: dict[str, list[tuple[float, float]]] = {}
    for row in _rows("dipole_limits.csv"):
        points.setdefault(row["curve"], []).append((float(row["m_N"]), float(row["mu"])))
    return {row["curve"]: _limit(row, np.array(points[row["curve"]])) for row in _rows("dipole_limits_index.csv")}


def _limit(row: dict[str, str], points: NDArray[np.float64]) -> PublishedLimit:
    points.setflags(write=False)
    return PublishedLimit(
        name=row["curve"],
        label=row["label"],
        flavour=LimitFlavour(row["flavour"]),
        solar=row["solar"] == "yes",
        kind=Kind(row["kind"]),
        boundary=Boundary(row["boundary"]),
        m_N=points[:, 0],
        mu=points[:, 1],
        cl=float(row["cl"]) / 100,
        convention=row["convention"],
        paper=row["paper"],
        arxiv=row["arxiv"],
        variant_of=row["variant_of"],
        note=row["note"],
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (files("nushine.constraints") / "data" / name).open(encoding="ascii") as stream:
        return list(csv.DictReader(stream))
