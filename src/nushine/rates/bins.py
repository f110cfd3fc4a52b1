"""Rates in bins of recoil energy, photon energy and photon angle, fast enough to be made for each mass of a contour."""

from string import ascii_letters

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine import kinematics
from nushine.decay import RADIATIVE, Decay, PhotonMode, flight, photon_acceptance
from nushine.interactions.base import Interaction
from nushine.interactions.dipole import Dipole
from nushine.numerics import quadrature
from nushine.numerics.compilation import jit
from nushine.rates.plane import E_NU_FLOOR
from nushine.sources.base import Beam, Source
from nushine.targets.compounds import Target
from nushine.targets.isotopes import Isotope

N_R = 2
"""Points in the logarithm of the recoil energy in each bin."""

N_E = 4
"""Points in neutrino energy in each panel between every other knot of the flux."""

K = 20
"""Chebyshev terms of the decay probability as a function of log p_N."""

SLOWEST = 1e-4
"""Momentum of N over the end point below which its decay probability is taken as that at this momentum."""


class Edges(eqx.Module):
    """Bins of an event.

    Parameters
    ----------
    E_R : Array, shape (R + 1,)
        Edges of the recoil energy [MeV], above zero.
    E_gamma : Array, shape (G,)
        Lower edges of the photon energy [MeV]; the last bin has no upper end.
    cos_theta : Array, shape (C,)
        Lower edges of the cosine of the photon's angle to the beam; the last bin ends at 1.

    """

    E_R: Array
    E_gamma: Array
    cos_theta: Array

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of bins (R, G, C)."""
        return self.E_R.shape[0] - 1, self.E_gamma.shape[0], self.cos_theta.shape[0]


class BinnedYield(eqx.Module):
    r"""Rate in each bin as a function of the moment, everything else fixed; made by `sterile_bins`.

    .. math:: R_b(\mu) = \mu^2 \sum_c B_c \sum_k m_{cbk}\, \hat P_k(\mu), \qquad
              P(\mu, p_N) = \sum_k \hat P_k(\mu)\, T_k(\log p_N)

    The probability P that N decays between `flight_min` and the path is an entire function of log p_N, so that a few
    Chebyshev terms give it to rounding.

    Parameters
    ----------
    moments : Array, shape (modes, 1 + V, R, G, C, K)
        Rates [1/(mass ns)] for mu = 1 mu_B weighted with T_k: nominal, and changes by the variations of the source.
    log_p : Array, shape (2,)
        Range of log p_N.
    signal, decay, path, flight_min
        As given to `sterile_bins`.

    """

    moments: Array
    log_p: Array
    signal: Dipole
    decay: Decay
    path: Array
    flight_min: Array

    def weights(self, mu: ArrayLike) -> Array:
        """Coefficients of the moments, mu^2 times branching ratio times Chebyshev terms of P, shape (modes, K)."""
        signal = eqx.tree_at(lambda s: s.mu, self.signal, jnp.asarray(mu, dtype=float))
        u = jnp.cos(jnp.pi * (jnp.arange(K) + 0.5) / K)
        p = jnp.exp(self.log_p[0] + (u + 1) / 2 * (self.log_p[1] - self.log_p[0]))
        P = self.decay.probability_between(jnp.hypot(p, signal.m_N), self.flight_min, self.path, signal)
        terms = 2 / K * _chebyshev(u) @ P  # discrete orthogonality at the Chebyshev points
        branching = jnp.array([b for b, _ in self.decay.photons(signal)])
        weights: Array = signal.mu**2 * branching[:, None] * terms.at[0].multiply(0.5)
        return weights

    def __call__(self, mu: ArrayLike) -> Array:
        """Rates [1/(mass ns)], shape (1 + V, R, G, C), for a moment mu [mu_B]."""
        return jnp.maximum(jnp.einsum("mvrgck,mk->vrgc", self.moments, self.weights(mu)), self._floor)

    @property
    def _floor(self) -> Array:
        """Nominal rates are never negative; variations may be."""
        return jnp.where(jnp.arange(self.moments.shape[1]) == 0, 0.0, -jnp.inf)[:, None, None, None]


def _chebyshev(u: Array) -> Array:
    """T_k(u) for k < K, shape (K, *u.shape)."""
    values = [jnp.ones_like(u), u]
    for _ in range(K - 2):
        values.append(2 * u * values[-1] - values[-2])
    return jnp.stack(values)


def sterile_bins(
    source: Source,
    target: Target,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay = RADIATIVE,
    edges: Edges | None = None,
    flight_min: ArrayLike = 0.0,
) -> BinnedYield:
    """Fold flux, up-scattering and decay into bins of true energies and angle, once for all moments.

    Parameters
    ----------
    source, target, signal, path, decay
        As for `sterile_rate`; the moment of the signal does not matter.
    edges : Edges
        Bins; all photons and recoils above 1e-17 MeV in one bin by default.
    flight_min : float
        N must fly at least this far [mm].

    Returns
    -------
    BinnedYield
        Call it with a moment. Differentiable in edges, path, masses and flux.

    Notes
    -----
    Few quadrature points, and the isotopes of an element fly alike, with their mean mass: sums over bins agree with
    `sterile_rate` to 1e-2, at 0.01 MeV in CaWO4 to 2e-2 (tests/unit/test_bins.py). Photon bins are differences of
    closed forms at each point of the plane.

    """
    if edges is None:
        edges = Edges(jnp.geomspace(1e-17, 1.0, 61), jnp.zeros(1), -jnp.ones(1))
    return _sterile_bins(source, target, signal, jnp.asarray(path), decay, edges, jnp.asarray(flight_min, dtype=float))


@jit
def _sterile_bins(
    source: Source, target: Target, signal: Dipole, path: Array, decay: Decay, edges: Edges, flight_min: Array
) -> BinnedYield:
    unit = eqx.tree_at(lambda s: s.mu, signal, jnp.asarray(1.0))
    modes = [mode for _, mode in decay.photons(unit)]
    log_p = jnp.log(jnp.stack([SLOWEST * jnp.asarray(source.E_max), jnp.asarray(source.E_max)]))

    def of_element(isotopes: Isotope, numbers: Array) -> Array:
        parts = [
            jnp.stack([_moments(source, beam, isotopes, numbers, unit, mode, edges, log_p) for mode in modes])
            for beam in source.beams
        ]
        return sum(parts[1:], parts[0])

    moments = sum(
        (of_element(isotopes, numbers) for isotopes, numbers in _elements(target)),
        jnp.zeros((len(modes), 1 + len(source.variations), *edges.shape, K)),
    )
    return BinnedYield(_differences(moments), log_p, unit, decay, path, flight_min)


def _differences(moments: Array) -> Array:
    """From rates above the lower edges to rates in bins, in photon energy (axis 3) and cosine (axis 4)."""
    for axis in (3, 4):
        zero = jnp.zeros_like(jax.lax.slice_in_dim(moments, 0, 1, axis=axis))
        moments = -jnp.diff(jnp.concatenate([moments, zero], axis=axis), axis=axis)
    return moments


def _elements(target: Target) -> list[tuple[Isotope, Array]]:
    """Isotopes of each element and their numbers per mass; those that differ by more than 15 % in mass stay apart."""
    groups: dict[tuple[str, int], list[int]] = {}
    for i, label in enumerate(target.labels):
        symbol, A = label.rstrip("0123456789"), int(label.lstrip(ascii_letters))
        near = [key for key in groups if key[0] == symbol and 0.87 < key[1] / A < 1.15]
        groups.setdefault(near[0] if near else (symbol, A), []).append(i)
    indices = [jnp.asarray(group) for group in groups.values()]
    return [(jax.tree.map(lambda x, i=i: x[i], target.isotopes), target.number_per_mass[i]) for i in indices]


def _moments(
    source: Source,
    beam: Beam,
    isotopes: Isotope,
    numbers: Array,
    signal: Dipole,
    mode: PhotonMode,
    edges: Edges,
    log_p: Array,
) -> Array:
    """Rates per mass above the lower photon edges, weighted with T_k, shape (1 + V, R, G, C, K)."""
    E_nu, E_R, rate, changes = plane(source, beam, isotopes, numbers, signal, edges.E_R)
    m_A = _mean_mass(isotopes, numbers)
    N = flight(E_nu, E_R, signal.m_N, m_A)
    above = photon_acceptance(
        jax.tree.map(lambda x: x[..., None, None] if jnp.ndim(x) else x, N),
        mode.open_E_rest(signal),
        mode.asymmetry(signal),
        edges.E_gamma[:, None],
        edges.cos_theta,
    )
    R, G, C = edges.shape
    u = (jnp.log(jnp.maximum(N.p, 1e-300)) - log_p[0]) / (log_p[1] - log_p[0]) * 2 - 1
    basis = jnp.moveaxis(_chebyshev(jnp.clip(u, -1.0, 1.0)), 0, -1)
    weighted = (rate * changes)[..., None] * basis  # (1 + V, R, points, K)
    return jnp.einsum("rpa,vrpk->vrak", above.reshape(R, -1, G * C), weighted).reshape(-1, R, G, C, K)


def _mean_mass(isotopes: Isotope, numbers: Array) -> Array:
    return jnp.sum(numbers * isotopes.m_A) / jnp.sum(numbers)


def plane(
    source: Source, beam: Beam, isotopes: Isotope, numbers: Array, interaction: Interaction, E_R_edges: Array
) -> tuple[Array, Array, Array, Array]:
    """Points of the plane in bins of recoil energy: E_nu, E_R and rate per mass, (R, points), and flux changes.

    Cross sections are those of each isotope, kinematic limits those of the mean mass. The changes, shape
    (1 + V, R, points), are 1 and the relative variations of the source.
    """
    log_E_R, w_R = quadrature.interval(jnp.log(E_R_edges[:-1]), jnp.log(E_R_edges[1:]), N_R)
    E_R, m_A, m = jnp.exp(log_E_R), _mean_mass(isotopes, numbers), jnp.asarray(interaction.m_out, dtype=float)
    knots = beam.continuum.knots
    breaks = jnp.concatenate([knots[::2], knots[-1:]])
    E_low = jnp.clip(kinematics.E_nu_min(E_R, m, m_A), E_NU_FLOOR * beam.E_max, 2 * beam.E_max)

    def energies(low: Array) -> tuple[Array, Array]:
        E, w = quadrature.from_onset(low, breaks, N_E, jnp.where(m < low, m, 0.0))
        seen = beam.lines_E > low
        lines = jnp.where(seen, beam.lines_E, low), jnp.where(seen, beam.lines_flux, 0.0)
        return jnp.concatenate([E, lines[0]]), jnp.concatenate([w * beam.continuum(E), lines[1]])

    E_nu, flux = jax.vmap(energies)(E_low.ravel())
    shape = (*E_R.shape, -1)
    E_nu, flux = E_nu.reshape(shape), flux.reshape(shape)
    series = jax.vmap(lambda isotope: interaction.series(E_R, isotope))(isotopes)
    c0, c1, c2 = (jnp.tensordot(numbers, c, 1)[..., None] for c in series)
    E_R = E_R[..., None]
    density = jnp.maximum(c0 + (c1 + c2 / E_nu) / E_nu, 0.0)
    rate = jnp.asarray(interaction.strength(beam.flavour)) * flux * density * E_R * w_R[..., None]
    R = E_R_edges.shape[0] - 1
    E_nu, E_R, rate = (jnp.broadcast_to(x, rate.shape).reshape(R, -1) for x in (E_nu, E_R, rate))
    changes = jnp.concatenate([jnp.ones((1, *E_nu.shape)), source.relative_variations(E_nu)])
    return E_nu, E_R, rate, changes


@jit
def recoil_bins(source: Source, target: Target, interaction: Interaction, E_R_edges: Array) -> Array:
    """Rates of scattering in bins of recoil energy and what each variation of the source adds, shape (1 + V, R).

    Parameters
    ----------
    source, target, interaction
        As for `recoil_rate`.
    E_R_edges : Array, shape (R + 1,)
        Edges [MeV], above zero.

    Returns
    -------
    Array
        Rates [1/(mass ns)].
    """
    total = jnp.zeros((1 + len(source.variations), E_R_edges.shape[0] - 1))
    for isotopes, numbers in _elements(target):
        for beam in source.beams:
            _, _, rate, changes = plane(source, beam, isotopes, numbers, interaction, E_R_edges)
            total = total + jnp.sum(rate * changes, axis=-1)
    return total
