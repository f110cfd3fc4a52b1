"""What samples of events must look like: binned densities by quadrature, which know nothing of how events are drawn.

Neutrino energy, recoil energy, angle of N and length of flight come from integrals of flux x cross section x decay
probability over the (E_nu, E_R) plane, bin by bin, with Gauss points between all kinks: in E_nu those of the flux and
the energies where the edge of a bin or of the recoil window enters or leaves phase space. The photon comes from the
closed forms of `nushine.rates`. Angles are measured by u = 1 - cos(theta), which keeps its digits near the beam.

Accuracy: with twice the points the bins move by so little that the chi2 of 1e6 events grows by less than 1e-9, and for
photons, of two points per bin, by less than 0.1; its standard deviation is 6 or more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from event_comparison import Expected
from jax import Array

from nushine.decay import Decay
from nushine.interactions.base import Interaction
from nushine.interactions.dipole import Dipole
from nushine.rates import EVERYTHING, Selection, photon_angle_spectrum, photon_spectrum
from nushine.sources.base import Beam, Source
from nushine.targets.compounds import Target
from nushine.targets.isotopes import Isotope

FLAT = Decay((), prompt=True)
"""No decay asked for: probability one."""

PANEL = 6
"""Gauss points per panel of neutrino energy, and per bin or panel of log E_R."""

ROW = 1 << 18
"""Points evaluated at once: one shape, so that each function is compiled once."""


# --- kinematics, from the conservation of four-momentum alone ---


def recoil_limits(E: np.ndarray, m: float, M: float) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest recoil energy, through the momenta in the centre of mass (long double)."""
    E = np.asarray(E, dtype=np.longdouble)
    s = M * (M + 2 * E)
    k, excess = M * E / np.sqrt(s), np.maximum((E - m) * 2 * M - m * m, 0)  # s - (M + m)^2
    p = np.sqrt(excess * (excess + 4 * m * M) / s) / 2
    upper = (2 * k * (np.sqrt(p * p + m * m) + p) - m * m) / (2 * M)
    return (m**4 / (4 * s * upper)).astype(float), upper.astype(float)


def onset_of(E_R: np.ndarray, m: float, M: float) -> np.ndarray:
    """Least neutrino energy for a recoil: N leaves along the beam or opposite to it."""
    q = np.sqrt(E_R * (E_R + 2 * M))
    return (m * m + 2 * M * E_R) / (2 * (q - E_R))


def recoil_at(u: np.ndarray, E: np.ndarray, m: float, M: float) -> np.ndarray:
    """Recoil energy with N at 1 - cos(theta) = u from (k - p)^2 = -2 M E_R, by iteration: E_N hardly depends on it."""
    E_R = np.zeros(np.broadcast_shapes(u.shape, E.shape))
    for _ in range(12):  # each step gains a factor of about E/M
        E_N = np.maximum(E - E_R, m)
        p = np.sqrt((E_N - m) * (E_N + m))
        slack = m * m / (E_N + p)  # E_N - p
        E_R = (slack * (2 * E_R + slack) + 2 * E * p * u) / (2 * M)
    return E_R


# --- the plane ---


class Cell(NamedTuple):
    """Points of one beam on one isotope: neutrino energies (J, 1, 1), recoils and rates of K bins (J, K, n)."""

    E_nu: np.ndarray
    E_R: np.ndarray
    rate: np.ndarray


Edges = Callable[[np.ndarray, float], np.ndarray]
"""Recoil energies between bins, shape (J, K + 1), for neutrino energies (J, 1) and a nuclear mass."""

Breaks = Callable[[float], np.ndarray]
"""Neutrino energies where the content of a bin has a kink, for a nuclear mass."""


@dataclass(frozen=True)
class Plane:
    """Flux x cross section x decay probability within the path, in a recoil window."""

    source: Source
    target: Target
    process: Interaction
    path: float = 0.0
    decay: Decay = FLAT
    window: Selection = EVERYTHING

    @property
    def m(self) -> float:
        return float(self.process.m_out)  # type: ignore[arg-type]

    @property
    def E_max(self) -> float:
        return float(self.source.E_max)

    def masses(self) -> np.ndarray:
        return np.asarray(self.target.isotopes.m_A)

    def cells(self, edges: Edges, breaks: Breaks | None = None) -> list[Cell]:
        """All points, isotope by isotope; `breaks` gives the neutrino energies with a kink for a nuclear mass."""
        cells = []
        for i, M in enumerate(self.masses()):
            isotope = jax.tree.map(lambda leaf, i=i: leaf[i], self.target.isotopes)
            kinks = np.zeros(0) if breaks is None else breaks(float(M))
            for beam in self.source.beams:
                strength = float(self.process.strength(beam.flavour)) * float(self.target.number_per_mass[i])
                if strength > 0:
                    cells.append(self._cell(beam, isotope, edges, kinks, strength))
        return cells

    def _cell(self, beam: Beam, isotope: Isotope, edges: Edges, kinks: np.ndarray, strength: float) -> Cell:
        M = float(isotope.m_A)
        E, w = self._neutrinos(beam, M, kinks)
        low, high = recoil_limits(E, self.m, M)
        low, high = np.maximum(low, self.window.E_R_min), np.minimum(high, self.window.E_R_max)
        x = np.log(np.clip(edges(E[:, None], M), low[:, None], np.maximum(low, high)[:, None]))
        nodes, weights = _gauss(PANEL)
        E_R = np.exp(x[:, :-1, None] + np.diff(x, axis=1)[:, :, None] * nodes)
        step = np.diff(x, axis=1)[:, :, None] * weights * E_R
        density = _in_rows(
            _density, np.broadcast_to(E[:, None, None], E_R.shape), E_R, self.process, isotope, self.decay, self.path
        )
        return Cell(E[:, None, None], E_R, strength * w[:, None, None] * step * density)

    def _neutrinos(self, beam: Beam, M: float, kinks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Energies and flux x weight: Gauss points in sqrt(E^2 - threshold^2), in which N opens up smoothly."""
        m, threshold = self.m, self.m + self.m**2 / (2 * M)
        knots = np.asarray(beam.continuum.knots)
        limits = [float(e) for e in (self.window.E_R_min, self.window.E_R_max) if 0 < float(e) < np.inf]
        graded = threshold * (1 + np.geomspace(1e-12, 10.0, 40)) if m > 0 else np.geomspace(1e-6, 1.0, 40) * knots[-1]
        points = np.concatenate([knots, kinks, graded, onset_of(np.array(limits), m, M)])
        low = max(threshold, knots[0])
        points = np.unique(np.concatenate([[low], points[(points > low) & (points <= knots[-1])]]))
        q = np.sqrt((points - threshold) * (points + threshold))
        nodes, weights = _gauss(PANEL)
        v = q[:-1, None] + np.diff(q)[:, None] * nodes
        E = np.hypot(v, threshold)
        w = np.diff(q)[:, None] * weights * v / E * np.asarray(beam.continuum(E))
        above = np.asarray(beam.lines_E) > threshold
        lines = np.asarray(beam.lines_E)[above], np.asarray(beam.lines_flux)[above]
        return np.concatenate([E.ravel(), lines[0]]), np.concatenate([w.ravel(), lines[1]])

    # --- distributions ---

    def neutrino_energy(self, n: int = 150) -> Expected:
        """E_nu [MeV], with edges at all kinks of the flux, so that the density has none within a bin."""
        low = self.m + self.m**2 / (2 * self.masses().max())
        knots = np.concatenate([np.asarray(beam.continuum.knots) for beam in self.source.beams])
        bins = _spread(max(low, knots.min()), self.E_max, n)
        bins = np.unique(np.concatenate([bins, knots[(knots > bins[0]) & (knots < bins[-1])]]))
        bins[-1] *= 1 + 1e-12  # an event at the very end is not beyond it
        rates = np.zeros(bins.size - 1)
        for cell in self.cells(self._whole, lambda _: bins):
            rates += np.histogram(cell.E_nu.ravel(), bins, weights=cell.rate.sum(axis=(1, 2)))[0]
        return Expected(bins, rates)

    def recoil(self, n: int = 150) -> Expected:
        """E_R [MeV], log bins."""
        limits = [recoil_limits(np.array([self.E_max]), self.m, float(M)) for M in self.masses()]
        low = max(min(float(a[0]) for a, _ in limits), float(self.window.E_R_min))
        high = min(max(float(b[0]) for _, b in limits), float(self.window.E_R_max))
        bins = np.geomspace(low, high, n + 1)
        bins[0], bins[-1] = low * (1 - 1e-9), high * (1 + 1e-9)  # rounding of the limits
        cells = self.cells(lambda E, _: bins + 0 * E, lambda M: onset_of(bins, self.m, M))
        return Expected(bins, _sum_in_bins(cells))

    def angle_of_N(self, n: int = 150) -> Expected:
        """1 - cos(theta_N), log bins above zero."""
        bins = np.concatenate([[0.0], np.geomspace(1e-15, 2.0, n)])
        table = np.geomspace(max(self.m, 1e-3 * self.E_max) * 1.0001, self.E_max, 500)

        def crossings(M: float) -> np.ndarray:
            """Where an edge of the recoil window passes an edge between bins."""
            found = [np.zeros(0)]
            for limit in (float(self.window.E_R_min), float(self.window.E_R_max)):
                if 0 < limit < np.inf:
                    at = recoil_at(bins[:, None], table, self.m, M)
                    found.append(np.array([np.interp(limit, row, table, 0.0, 0.0) for row in at]))
            return np.concatenate(found)

        return Expected(bins, _sum_in_bins(self.cells(lambda E, M: recoil_at(bins, E, self.m, M), crossings)))

    def flight(self, n: int = 40) -> Expected:
        """Length of flight [mm] of the decays within the path: a mixture of exponentials."""
        bins = np.linspace(0.0, self.path, n + 1)
        bins[-1] *= 1 + 1e-12
        plain = Plane(self.source, self.target, self.process, window=self.window)
        rates = np.zeros(n)
        for cell in plain.cells(self._whole):
            E_N, rate = (cell.E_nu - cell.E_R).ravel(), cell.rate.ravel()
            within = np.array([rate @ _in_rows(_probability, E_N, 0 * E_N + b, self.decay, self.process) for b in bins])
            rates += np.diff(within)
        return Expected(bins, rates)

    def photon_energy(self, n: int = 60) -> Expected:
        """E_gamma [MeV], from `photon_spectrum`, with narrow bins about the cusp, where N decays at rest."""
        assert isinstance(self.process, Dipole)
        low, E_rest, high = self._photon_range()
        below = E_rest * np.exp(-_spread(0.0, np.log(E_rest / low), n // 4))[::-1]
        bins = np.concatenate([below, E_rest + _spread(0.0, high - E_rest, n - n // 4)[1:]])
        bins[[0, -1]] = low * (1 - 1e-9), high * (1 + 1e-9)  # rounding of the limits

        def density(x: np.ndarray) -> Array:
            return photon_spectrum(x, self.source, self.target, self.process, self.path, self.decay, self.window)

        return Expected(bins, _integrated(density, bins))

    def photon_angle(self, n: int = 40) -> Expected:
        """1 - cos(theta_gamma), from `photon_angle_spectrum`; log bins near the beam, even ones beyond."""
        assert isinstance(self.process, Dipole)
        bins = np.concatenate([[0.0], np.geomspace(1e-9, 0.2, n), np.linspace(0.2, 2.0, n // 2)[1:]])

        def density(u: np.ndarray) -> Array:
            return photon_angle_spectrum(
                1 - u, self.source, self.target, self.process, self.path, self.decay, self.window
            )

        return Expected(bins, _integrated(density, bins))

    def parts(self) -> np.ndarray:
        """Rate [1/(mass ns)] on each isotope (rows) from each beam that takes part (columns)."""
        rates = np.array([cell.rate.sum() for cell in self.cells(self._whole)])
        return rates.reshape(self.masses().size, -1)

    def _photon_range(self) -> tuple[float, float, float]:
        """Least and largest energy, of the fastest N, with the energy at rest between them (the largest one)."""
        assert isinstance(self.process, Dipole)
        E_rest = [float(mode.E_rest(self.process)) for _, mode in self.decay.photons(self.process)]
        doppler = (self.E_max + np.sqrt(self.E_max**2 - self.m**2)) / self.m
        return min(E_rest) / doppler, max(E_rest), max(E_rest) * doppler

    def _whole(self, E: np.ndarray, M: float) -> np.ndarray:
        """The recoil range of each energy in 8 panels."""
        low, high = recoil_limits(E, self.m, M)
        low, high = np.maximum(low, self.window.E_R_min), np.minimum(high, self.window.E_R_max)
        high = np.maximum(low, high)
        return np.exp(np.log(low) + (np.log(high) - np.log(low)) * np.linspace(0.0, 1.0, 9))


@eqx.filter_jit
def _density(
    E_nu: Array, E_R: Array, process: Interaction, isotope: Isotope, decay: Decay, path: float | Array
) -> Array:
    sigma = jnp.maximum(process.dsigma_dE_R(E_nu, E_R, isotope), 0.0)
    return sigma * decay.probability(E_nu - E_R, path, process) if isinstance(process, Dipole) else sigma


@eqx.filter_jit
def _probability(E_N: Array, path: Array, decay: Decay, process: Dipole) -> Array:
    return decay.probability(E_N, path, process)


def _in_rows(function: Callable[..., Array], a: np.ndarray, b: np.ndarray, *rest: object) -> np.ndarray:
    """Evaluate at arrays of any shape, in rows of one length."""
    x, y = np.ravel(a), np.ravel(b)
    rows = -(-x.size // ROW)
    x, y = (np.concatenate([v, np.full(rows * ROW - v.size, v[0])]).reshape(rows, ROW) for v in (x, y))
    rest = tuple(jnp.asarray(v) if isinstance(v, float) else v for v in rest)
    values = np.concatenate(
        [np.asarray(function(jnp.asarray(p), jnp.asarray(q), *rest)) for p, q in zip(x, y, strict=True)]
    )
    return values[: np.size(a)].reshape(np.shape(a))


def _gauss(n: int) -> tuple[np.ndarray, np.ndarray]:
    x, w = np.polynomial.legendre.leggauss(n)
    return (x + 1) / 2, w / 2


def _spread(low: float, high: float, n: int) -> np.ndarray:
    """Edges that are dense at the low end."""
    edges = low + (high - low) * np.linspace(0.0, 1.0, n + 1) ** 2
    edges[-1] = high
    return edges


def _sum_in_bins(cells: list[Cell]) -> np.ndarray:
    return np.sum([cell.rate.sum(axis=(0, 2)) for cell in cells], axis=0)


def _integrated(density: Callable[[np.ndarray], Array], bins: np.ndarray, n: int = 2) -> np.ndarray:
    nodes, weights = _gauss(n)
    x = bins[:-1, None] + np.diff(bins)[:, None] * nodes
    return np.diff(bins) * (np.asarray(density(x)) @ weights)
