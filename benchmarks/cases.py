"""What is measured: each case returns rows of the table. Import after `timing.pin_to_one_core`."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from hepunits import cm
from jax import Array

from cross_section import line_source, precise_cross_section, single_nucleus
from darknews_process import DarkNewsResult
from nushine.constants import mu_B
from nushine.interactions.cevns import CEvNS
from nushine.interactions.dipole import Dipole
from nushine.rates import photon_spectrum, recoil_rate, scattering_rate, sterile_rate, sterile_yield
from nushine.sources.base import Source
from nushine.sources.reactor import chooz
from nushine.targets import Target, compound, isotope
from timing import Timing, alternate

SIGNAL = Dipole(m_N=1.0, mu=1e-10)
PATH = 5 * cm


class Goal(NamedTuple):
    """What a row should reach: a time below `most_seconds`, or a ratio on the right side of a limit."""

    most_seconds: float | None = None
    most_ratio: float | None = None
    least_ratio: float | None = None


class Row(NamedTuple):
    """One line of the table; `reference` is what the time is compared with, `speed_up` turns the ratio over."""

    what: str
    time: Timing
    against: str
    reference: Timing | None
    goal: Goal | None = None
    speed_up: bool = False
    remark: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours over the reference, or the reverse for a speed-up; of the fastest calls."""
        if self.reference is None:
            return None
        ratio = self.time.fastest / self.reference.fastest
        return 1 / ratio if self.speed_up else ratio

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        if self.goal.most_seconds is not None:
            return self.time.fastest < self.goal.most_seconds
        if self.ratio is None:
            return None
        if self.goal.most_ratio is not None:
            return self.ratio <= self.goal.most_ratio
        return self.goal.least_ratio is not None and self.ratio >= self.goal.least_ratio


@jax.jit
def _flux(source: Source, E_nu: Array) -> Array:
    return source.flux(E_nu)


@jax.jit
def _recoil_rates(E_R: Array, source: Source, target: Target, masses: Array) -> Array:
    """Recoil spectra for all masses at once."""
    return jax.vmap(lambda m_N: recoil_rate(E_R, source, target, Dipole(m_N=m_N, mu=SIGNAL.mu)))(masses)


def recoil_spectra() -> list[Row]:
    """200 recoil energies on germanium, folded with the reactor flux, for one mass and for 200."""
    source, target = chooz(), compound("Ge")
    E_R, masses = jnp.geomspace(1e-6, 3e-3, 200), jnp.geomspace(1e-3, 9.0, 200)
    E_one, E_all = jnp.linspace(0.02, 9.0, 200), jnp.linspace(0.02, 9.0, 200 * 200)
    one = alternate(lambda: recoil_rate(E_R, source, target, SIGNAL), lambda: _flux(source, E_one))
    many = alternate(lambda: _recoil_rates(E_R, source, target, masses), lambda: _flux(source, E_all))
    return [
        Row("recoil spectrum, Ge, 200 points", one[0], "flux at 200 energies", one[1], Goal(most_seconds=2e-3)),
        Row("the same for 200 masses", many[0], "flux at 40 000 energies", many[1], Goal(most_seconds=0.1)),
    ]


def kernels(points: int = 1_000_000) -> list[Row]:
    """dsigma/dE_R on a million points against reading two such arrays and writing one."""
    random = np.random.default_rng(1)
    E_nu, E_R = random.uniform(1.0, 9.0, points), 10 ** random.uniform(-6, -2, points)
    out = np.empty(points)
    arrays, germanium = (jnp.asarray(E_nu), jnp.asarray(E_R)), isotope("Ge73")
    rows = []
    for name, interaction in (("Dipole", SIGNAL), ("CEvNS", CEvNS())):
        ours, bare, alone = (
            *alternate(
                lambda i=interaction: i.dsigma_dE_R(*arrays, germanium), lambda: np.add(E_nu, E_R, out=out), seconds=4.0
            ),
            *alternate(lambda: np.add(E_nu, E_R, out=out), seconds=0.5),
        )
        remark = (
            f"np.add in turns with the kernel finds its arrays in memory; repeated by itself, with the arrays in the "
            f"cache, it takes {alone.fastest * 1e3:.2f} ms, a ratio of {ours.fastest / alone.fastest:.0f}x"
        )
        what = f"dsigma/dE_R {name}, 1e6 points"
        rows.append(Row(what, ours, "np.add of the arrays", bare, Goal(most_ratio=15), remark=remark))
    return rows


def cross_section(E_nu: float, m_N: float, mu: float, nucleus: str, other: DarkNewsResult) -> list[Row]:
    """Total cross section for one (E_nu, m_N) against DarkNews: time, and the values."""
    germanium = isotope(nucleus, spin="1/2")
    signal, source, target = Dipole(m_N=m_N, mu=mu), line_source(E_nu), single_nucleus(germanium)
    (ours,) = alternate(lambda: scattering_rate(source, target, signal), seconds=1.0)
    value = float(scattering_rate(source, target, signal))
    error = abs(value / precise_cross_section(E_nu, m_N, mu, germanium) - 1)
    remark = f"{value / cm**2:.6e} cm2, {error:.0e} from the integral in extended precision"
    what = f"cross section, {nucleus}, E_nu = {E_nu:g}, m_N = {m_N:g} MeV"
    if other.failure:
        return [Row(what, ours, f"DarkNews: not measured ({other.failure})", None, Goal(least_ratio=100), True, remark)]
    remark += (
        f"; ours / DarkNews {other.version} (both helicities) = {value / cm**2 / other.sigma_cm2:.6f}, "
        f"whose calls scatter by {other.scatter:.0e}; mu_tr = mu = {mu * mu_B * 1e3:.4g} / GeV"
    )
    goal = Goal(least_ratio=100 if error < 1e-8 else np.inf)
    return [Row(what, ours, "DarkNews, one helicity", other.one_helicity, goal, True, remark)]


def sterile_rates() -> list[Row]:
    """Up-scattering and decay on few and many isotopes, and a photon spectrum (no goals)."""
    source, rows = chooz(), []
    for name in ("Ge73", "CaWO4"):
        target = compound(name)
        E_nu = _energies(source, target)
        ours, flux = alternate(
            lambda t=target: sterile_rate(source, t, SIGNAL, PATH), lambda E=E_nu: _flux(source, E), seconds=2.0
        )
        rows.append(Row(f"sterile_rate, {name}", ours, f"flux at {E_nu.size} energies", flux))
    target, E_gamma = compound("Ge73"), jnp.linspace(0.01, 9.0, 200)
    E_nu = jnp.tile(_energies(source, target), E_gamma.size)
    ours, flux = alternate(
        lambda: photon_spectrum(E_gamma, source, target, SIGNAL, PATH), lambda: _flux(source, E_nu), least=3
    )
    rows.append(Row("photon_spectrum, Ge73, 200 points", ours, f"flux at {E_nu.size} energies", flux))
    return rows


def _energies(source: Source, target: Target) -> Array:
    """As many neutrino energies as `sterile_rate` has quadrature points."""
    return jnp.linspace(0.02, 9.0, sterile_yield(source, target, SIGNAL, PATH).E_N.size)
