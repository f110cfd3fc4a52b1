"""Antineutrino spectra per fission, and per capture of a neutron on 238U: one class per published model."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import ClassVar, Generic, NamedTuple, TypeAlias, TypeVar

import equinox as eqx
import jax
import numpy as np
from hepunits import MeV
from jax.typing import ArrayLike
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from nushine.numerics.checks import require_positive
from nushine.numerics.piecewise import Piecewise, geometric
from nushine.sources.beta import antineutrino_spectrum, beta_decay
from nushine.sources.column_names import SPECTRUM
from nushine.sources.fewer_points import fewer_points
from nushine.sources.flux_files import read_flux_table, require_MeV
from nushine.sources.points import Points, checked_points, in_order
from nushine.sources.tabulated import package_table

FloatArray = NDArray[np.float64]
Spectrum: TypeAlias = Callable[[FloatArray], FloatArray]
T = TypeVar("T")

E_LOW, E_JOINT, E_HIGH = 0.010 * MeV, 2.0 * MeV, 10.0 * MeV
"""First energy, joint of the low-energy table to the exp-polynomials, and last energy of the Huber-Mueller model."""

BLEND = 1.0 * MeV
"""Where the correction that makes the joint continuous begins."""

ISOTOPES = ("U235", "U238", "Pu239", "Pu241")
CAPTURES = ("U239", "Np239")


class PerComponent(NamedTuple, Generic[T]):
    """One value for each component of a reactor flux: the fission of four isotopes, the beta decay of two."""

    U235: T
    U238: T
    Pu239: T
    Pu241: T
    U239: T
    Np239: T


class ReactorSpectra(eqx.Module):
    """What every model of the spectra provides.

    Attributes
    ----------
    spectra : PerComponent of Piecewise
        Antineutrinos per fission (U235 to Pu241) or per decay (U239, Np239) and energy [1/MeV] over E_nu [MeV],
        all on the same knots.
    uncertainties : PerComponent of Piecewise
        Relative 1 sigma of each [1] over E_nu [MeV].

    """

    spectra: eqx.AbstractVar[PerComponent[Piecewise]]
    uncertainties: eqx.AbstractVar[PerComponent[Piecewise]]

    @property
    @abstractmethod
    def paper(self) -> str:
        """Publications to cite."""


class HuberMueller(ReactorSpectra):
    r"""Huber 2011 (235U, 239Pu, 241Pu) and Mueller 2011 (238U) above 2 MeV, Vogel-Engel 1989 below.

    .. math:: \frac{dN}{dE_\nu} = \exp\Big(\sum_{k=0}^{5} a_k (E_\nu/\mathrm{MeV})^k\Big), \quad E_\nu > 2\,\mathrm{MeV}

    Notes
    -----
    2-8 MeV: the published range of the polynomials. They follow the tables they were fitted to within 3 % (235U), 11 %
    (239Pu), 4 % (241Pu) and 6 % (238U) up to 6 MeV; at 8 MeV they are 9 %, 17 % and 11 % below (238U: 3 % above).
    8-10 MeV: EXTRAPOLATED with the same polynomials. Against the summation spectra of Perisse et al. 2023 they are
    17-58 % lower (238U: 5 % higher) at 8-9 MeV, and lower by a factor 2 (238U) to 70 (239Pu) at 9-10 MeV.

    Below 2 MeV: points of Vogel and Engel 1989. The lowest of them rise as E_nu^2 to 31 keV and then drop: the end of
    the 106Ru decay at 39.4 keV. That decay is taken out with its allowed shape, by the amount which makes
    the rest fall as E_nu^2 below 62.5 keV (0.0042, 0.0244, 0.0415, 0.0601 decays per fission, which are the known
    fission yields of 106Ru); the rest is interpolated monotonically (PCHIP) in log dN/dE against log E_nu, and 106Ru
    is put back. The table is met at every point (15.6 keV: within 2 %).
    Joint at 2 MeV: the low-energy part is multiplied by 1 + (f - 1) w(E_nu), where w is the smooth step from 0 at 1 MeV
    to 1 at 2 MeV and f = 1.049, 0.929, 1.009, 0.956 for 235U, 238U, 239Pu, 241Pu.

    Neutron capture on 238U: 239U and 239Np from their beta branches (`nushine.sources.beta`).

    Uncertainties: published between 2 and 8 MeV. Outside they are our estimate, from the spread between this model and
    the summation spectra of Estienne et al. 2019 and Perisse et al. 2023: 50 % below 50 keV, 30 % at 0.1, 15 % at 0.25,
    7 % at 0.5, 5 % from 1 MeV (238U: 10 %) to the published value at 2 MeV; above 8 MeV 60 % at 9 and 100 % at 10 MeV.
    239U and 239Np: 7 % (captures per fission 5 %, branches 5 %).

    References
    ----------
    P. Huber, Phys. Rev. C 84, 024617 (2011), Table III. Th. A. Mueller et al., Phys. Rev. C 83, 054615 (2011),
    Table VI. P. Vogel and J. Engel, Phys. Rev. D 39, 3378 (1989), Table II.

    Examples
    --------
    >>> print(f"{HuberMueller().spectra.U235(3.0):.4f}")
    0.6558

    """

    E_valid: ClassVar[tuple[float, float]] = (E_LOW, 8.0 * MeV)

    spectra: PerComponent[Piecewise]
    uncertainties: PerComponent[Piecewise]

    def __init__(self) -> None:
        self.spectra, self.uncertainties = _huber_mueller()

    @property
    def paper(self) -> str:
        """Publications to cite."""
        return "Huber 2011, arXiv:1106.0687; Mueller et al. 2011, arXiv:1101.2663; Vogel and Engel 1989"


class TabulatedSpectra(ReactorSpectra):
    """Spectra of the four isotopes from the user's tables, with straight lines between the points.

    Parameters
    ----------
    U235, U238, Pu239, Pu241 : tuple of array_like
        Energies [MeV] and antineutrinos per fission and energy [1/MeV]; the spectrum is zero outside its table.
    relative_error : float
        Relative 1 sigma of the four spectra, the same at every energy.
    paper : str
        What to cite.

    Raises
    ------
    ValueError
        For tables that `nushine.sources.tabulated.tabulated` would reject.

    Notes
    -----
    239U and 239Np are those of `HuberMueller`.

    """

    spectra: PerComponent[Piecewise]
    uncertainties: PerComponent[Piecewise]
    citation: str = eqx.field(static=True)

    def __init__(
        self,
        U235: tuple[ArrayLike, ArrayLike],
        U238: tuple[ArrayLike, ArrayLike],
        Pu239: tuple[ArrayLike, ArrayLike],
        Pu241: tuple[ArrayLike, ArrayLike],
        relative_error: float = 0.0,
        paper: str = "",
    ) -> None:
        given = dict(zip(ISOTOPES, (U235, U238, Pu239, Pu241), strict=True))
        tables = {isotope: _user_table(isotope, *table) for isotope, table in given.items()}
        functions = {isotope: _linear(*table) for isotope, table in tables.items()} | _captures()
        self.spectra = _common_knots(functions, [E for E, _ in tables.values()])
        knots = np.asarray(self.spectra.U235.knots)[[0, -1]]
        flat = [relative_error] * len(ISOTOPES) + [CAPTURE_ERROR] * len(CAPTURES)
        self.uncertainties = PerComponent._make(_line(knots, [e, e]) for e in flat)
        self.citation = paper

    @classmethod
    def from_csv(
        cls,
        U235: str | Path,
        U238: str | Path,
        Pu239: str | Path,
        Pu241: str | Path,
        relative_error: float = 0.0,
        paper: str = "",
    ) -> "TabulatedSpectra":
        """One CSV file of two columns per isotope: energy in MeV, antineutrinos per fission and MeV."""
        tables = [_two_columns(path) for path in (U235, U238, Pu239, Pu241)]
        return cls(tables[0], tables[1], tables[2], tables[3], relative_error, paper)

    @property
    def paper(self) -> str:
        """Publications to cite."""
        return self.citation


CAPTURE_ERROR = 0.07
"""Relative 1 sigma of the 239U and 239Np spectra: 5 % captures per fission and 5 % branches (our estimate)."""

_LOW_E = (E_LOW, 0.05, 0.1, 0.25, 0.5, 1.0)
_LOW_ERRORS = (0.5, 0.5, 0.3, 0.15, 0.07, 0.05)
_HIGH_E, _HIGH_ERRORS = (9.0, E_HIGH), (0.6, 1.0)


def joint_factors() -> dict[str, float]:
    """Exp-polynomial over Vogel-Engel table at 2 MeV, per isotope."""
    table = {isotope: float(package_table("vogel_engel1989")[-1][isotope]) for isotope in ISOTOPES}
    return {isotope: float(_exp_polynomial(isotope)(np.array(E_JOINT))) / table[isotope] for isotope in ISOTOPES}


@cache
def _huber_mueller() -> tuple[PerComponent[Piecewise], PerComponent[Piecewise]]:
    with jax.ensure_compile_time_eval():
        functions = {isotope: _joined(isotope) for isotope in ISOTOPES} | _captures()
        table = np.array([float(row["E_nu"]) for row in package_table("vogel_engel1989")])
        others = np.array([E_LOW, *beta_decay("Ru106").endpoints, BLEND, 8.0, 9.0, E_HIGH])
        spectra = _common_knots(functions, [table[table > E_LOW], others])
        errors = [_error(isotope) for isotope in ISOTOPES]
        capture = _line([E_LOW, E_HIGH], [CAPTURE_ERROR, CAPTURE_ERROR])
        return spectra, PerComponent._make([*errors, capture, capture])


def _common_knots(functions: Mapping[str, Spectrum], energies: list[FloatArray]) -> PerComponent[Piecewise]:
    """Interpolate every component on knots that hold the given energies and the steps of the capture spectra."""
    steps = [np.array([E_LOW, *beta_decay(parent).endpoints]) for parent in CAPTURES]
    knots = geometric(np.concatenate([*energies, *steps]), ratio=1.5, step=0.5)
    return PerComponent._make(Piecewise.interpolate(functions[name], knots) for name in PerComponent._fields)


def _user_table(isotope: str, E: ArrayLike, S: ArrayLike) -> tuple[FloatArray, FloatArray]:
    require_positive(f"table {isotope}: energy", E, "MeV")
    x, y, _ = fewer_points(*checked_points(E, S, f"table {isotope}"))
    return x, y


def _two_columns(path: str | Path) -> tuple[FloatArray, FloatArray]:
    table = read_flux_table(path, words=SPECTRUM)
    require_MeV(table.head)
    return in_order(Points(table.edges[:, 0], table.flux, table.rows, f"table {table.shown}"))


def _captures() -> dict[str, Spectrum]:
    return {parent: _decay_spectrum(parent) for parent in CAPTURES}


def _decay_spectrum(parent: str) -> Spectrum:
    return lambda E: np.where(E >= E_LOW, antineutrino_spectrum(beta_decay(parent), E), 0.0)


def _linear(E: FloatArray, S: FloatArray) -> Spectrum:
    return lambda x: np.interp(x, E, S, left=0.0, right=0.0)


def _exp_polynomial(isotope: str) -> Spectrum:
    """Huber 2011 or, for 238U, Mueller 2011."""
    row = next(row for row in package_table("exp_polynomials") if row["isotope"] == isotope)
    a = np.polynomial.Polynomial([float(row[f"a{k}"]) for k in range(6)])
    return lambda E: np.exp(a(E))


def _joined(isotope: str) -> Spectrum:
    """The low-energy table up to 2 MeV and the exp-polynomial above."""
    low, high, f = _vogel_engel(isotope), _exp_polynomial(isotope), joint_factors()[isotope]

    def spectrum(E: FloatArray) -> FloatArray:
        u = np.clip((E - BLEND) / (E_JOINT - BLEND), 0.0, 1.0)
        blended = low(np.minimum(E, E_JOINT)) * (1 + (f - 1) * u**2 * (3 - 2 * u))
        return np.where(E < E_JOINT, blended, high(E))

    return spectrum


def _vogel_engel(isotope: str) -> Spectrum:
    """Interpolate the table of Vogel and Engel 1989: 106Ru apart, the rest as E^2 below 62.5 keV and PCHIP above."""
    rows = package_table("vogel_engel1989")
    E = np.array([float(row["E_nu"]) for row in rows])
    S = np.array([float(row[isotope]) for row in rows])
    ruthenium = beta_decay("Ru106")
    first = np.searchsorted(E, ruthenium.endpoints[0])
    rest = np.concatenate([S[first] * (E[:first] / E[first]) ** 2, S[first:]])
    decays = (S[first - 1] - rest[first - 1]) / antineutrino_spectrum(ruthenium, E[first - 1])
    curve = PchipInterpolator(np.log(E), np.log(rest))
    return lambda x: np.exp(curve(np.log(x))) + decays * antineutrino_spectrum(ruthenium, x)


def _error(isotope: str) -> Piecewise:
    """Published relative error at 2-8 MeV, our estimate outside."""
    rows = package_table("mueller2011_uncertainty" if isotope == "U238" else "huber2011_uncertainty")
    E = [float(row["E_nu"]) for row in rows]
    published = [float(row[isotope]) for row in rows]
    low = np.maximum(_LOW_ERRORS, 0.1) if isotope == "U238" else np.asarray(_LOW_ERRORS)
    return _line([*_LOW_E, *E, *_HIGH_E], [*low, *published, *_HIGH_ERRORS])


def _line(E: ArrayLike | list[float], values: list[float]) -> Piecewise:
    return Piecewise.linear(np.asarray(E, dtype=float), np.asarray(values, dtype=float))
