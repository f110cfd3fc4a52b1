"""Rates in bins of recoil energy, photon energy and photon angle, fast enough to be made for each mass of a contour."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from nushine.decay import RADIATIVE, Decay, PhotonMode, flight, photon_acceptance
from nushine.interactions.base import Interaction
from nushine.interactions.dipole import Dipole
from nushine.numerics.checks import require_non_negative
from nushine.numerics.compilation import jit, needs_jax
from nushine.rates.edges import ALL_RECOILS, Edges
from nushine.rates.plane import within_reach
from nushine.rates.points import Points, points_in_bins
from nushine.sources.base import Beam, Source
from nushine.targets.compounds import Target
from nushine.targets.isotopes import Isotope

K = 20
"""Chebyshev terms of the decay probability as a function of log p_N."""

SLOWEST = 1e-3
"""Momentum of N over the end point below which its decay probability is taken as that at this momentum."""

TABLE = 1024
"""Points of the table of the relative variations of the flux."""


class BinnedYield(eqx.Module):
    r"""Rate in each bin as a function of the moment, everything else fixed; made by `sterile_bins`.

    .. math:: R_b(\mu) = \mu^2 \sum_c B_c \sum_k m_{cbk}\, \hat P_k(\mu), \qquad
              P(\mu, p_N) = \sum_k \hat P_k(\mu)\, T_k(\log p_N)

    The probability P that N decays between `flight_min` and the path is an entire function of log p_N, so that a few
    Chebyshev terms give it, to 1e-4 at worst; the coefficients are the same for all bins, targets and edges.

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

    @needs_jax
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

    @jit
    def __call__(self, mu: ArrayLike) -> Array:
        """Rates [1/(mass ns)], shape (1 + V, R, G, C), for a moment mu [mu_B]."""
        return jnp.maximum(jnp.einsum("mvrgck,mk->vrgc", self.moments, self.weights(mu)), self._floor)

    @property
    def _floor(self) -> Array:
        """Nominal rates are never negative; variations may be."""
        return jnp.where(jnp.arange(self.moments.shape[1]) == 0, 0.0, -jnp.inf)[:, None, None, None]


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
        Bins; by default one of all recoils and all photons.
    flight_min : float
        N must fly at least this far before it decays [mm].

    Returns
    -------
    BinnedYield
        Call it with a moment. Differentiable in edges, path, mass and flux; nothing compiles anew for a new mass.

    Raises
    ------
    ValueError
        For a negative path or flight_min.

    Notes
    -----
    Photon bins are differences of `photon_acceptance` at each point of the plane; the flux is integrated in closed form
    between panels, so that its jumps cost nothing. Three or more isotopes of an element fly as two, which share their
    mean, variance and covariances of masses and radii. With the reactor flux, m_N from 0.01 to 8.5 MeV and 24 bins from
    20 eV to 1 keV, sums over bins agree with `sterile_rate` to 1e-3, and bins of 1 % of the sum or more to 1 %
    (tests/unit/test_bins.py). The absolute error of P is 1e-4 or less:
    where nearly no N decays beyond `flight_min` any more, rates are less accurate.

    """
    require_non_negative("path", path, "mm")
    require_non_negative("flight_min", flight_min, "mm")
    if edges is None:
        edges = Edges(jnp.asarray(ALL_RECOILS), jnp.zeros(1), -jnp.ones(1))
    unit = eqx.tree_at(lambda s: s.mu, within_reach(signal, source), jnp.ones(()))
    lengths = jnp.asarray(path, dtype=float), jnp.asarray(flight_min, dtype=float)
    return _sterile_bins(source, target, unit, lengths[0], decay, edges, lengths[1])


@jit
def recoil_bins(source: Source, target: Target, interaction: Interaction, E_R_edges: Array) -> Array:
    """Rates of scattering in bins of recoil energy, and their one-sigma changes by each variation of the source.

    Parameters
    ----------
    source, target, interaction
        As for `recoil_rate`.
    E_R_edges : Array, shape (R + 1,)
        Edges [MeV], increasing and finite, zero or above.

    Returns
    -------
    Array, shape (1 + V, R)
        Rates [1/(mass ns)]; integrals of `recoil_rate` to 1e-4 for bins of 1 % of the sum or more, from 1 eV to 4 keV.

    """
    table, interaction = _table(source), within_reach(interaction, source)

    def of_nucleus(nucleus: Isotope, number: Array) -> Array:
        points = [points_in_bins(beam, nucleus, number, interaction, E_R_edges) for beam in source.beams]
        return sum((jnp.sum(p.rate * _changes(table, p.E_nu), axis=-1) for p in points), jnp.zeros(()))

    return jnp.sum(jax.vmap(of_nucleus)(target.isotopes, target.number_per_mass), axis=0)


@jit
def _sterile_bins(
    source: Source, target: Target, signal: Dipole, path: Array, decay: Decay, edges: Edges, flight_min: Array
) -> BinnedYield:
    edges = Edges(edges.E_R, jnp.minimum(edges.E_gamma, 1e3 * source.E_max), edges.cos_theta)  # not infinite
    modes = [mode for _, mode in decay.photons(signal)]
    nuclei, numbers = _representatives(target)
    table, log_p = _table(source), jnp.log(source.E_max) + jnp.log(jnp.array([SLOWEST, 1.0]))

    def of_beam(beam: Beam) -> Points:
        return jax.vmap(lambda nucleus, n: points_in_bins(beam, nucleus, n, signal, edges.E_R, modes, edges))(
            nuclei, numbers
        )

    beams = [of_beam(beam) for beam in source.beams]
    points = jax.tree.map(lambda *x: jnp.moveaxis(jnp.concatenate(x, axis=-1), 1, 0), *beams)
    moments = jax.lax.map(lambda p: _moments(p, nuclei, signal, modes, edges, table, log_p), points)
    return BinnedYield(_differences(jnp.moveaxis(moments, 0, 2)), log_p, signal, decay, path, flight_min)


def _moments(
    points: Points,
    nuclei: Isotope,
    signal: Dipole,
    modes: Sequence[PhotonMode],
    edges: Edges,
    table: Array,
    log_p: Array,
) -> Array:
    """Rates in one bin of E_R above the photon edges, weighted with T_k: shape (modes, 1 + V, G, C, K)."""
    N = flight(points.E_nu, points.E_R, signal.m_N, nuclei.m_A[:, None], nuclei.spin[:, None])
    E_gamma, cos_theta = edges.E_gamma[:, None, None, None], edges.cos_theta[:, None, None]
    above = [photon_acceptance(N, c.open_E_rest(signal), c.asymmetry(signal), E_gamma, cos_theta) for c in modes]
    u = (jnp.log(jnp.maximum(N.p, 1e-300)) - log_p[0]) / (log_p[1] - log_p[0]) * 2 - 1
    weighted = points.rate * _chebyshev(jnp.clip(u, -1.0, 1.0))[:, None] * _changes(table, points.E_nu)
    return jnp.einsum("mgcnp,kvnp->mvgck", jnp.stack(above), weighted)


def _chebyshev(u: Array) -> Array:
    """T_k(u) for k < K, shape (K, *u.shape)."""
    values = [jnp.ones_like(u), u]
    for _ in range(K - 2):
        values.append(2 * u * values[-1] - values[-2])
    return jnp.stack(values)


def _differences(above: Array) -> Array:
    """From rates above the lower edges to rates in bins, in photon energy (axis 3) and cosine (axis 4)."""
    for axis in (3, 4):
        zero = jnp.zeros_like(jax.lax.slice_in_dim(above, 0, 1, axis=axis))
        above = -jnp.diff(jnp.concatenate([above, zero], axis=axis), axis=axis)
    return above


def _representatives(target: Target) -> tuple[Isotope, Array]:
    """Two nuclei for each element of three isotopes or more, with the moments of masses and radii that matter."""
    groups: dict[str, list[int]] = {}
    for i, label in enumerate(target.labels):
        symbol = label.rstrip("0123456789")
        groups.setdefault(symbol if symbol != label else f"{label}, {i}", []).append(i)
    chosen = []
    for group in groups.values():
        at = np.array(group)
        nuclei, n = jax.tree.map(lambda x, at=at: x[at], (target.isotopes, target.number_per_mass))
        if len(group) > 2:
            share = n / jnp.sum(n)
            deviation = nuclei.m_A - share @ nuclei.m_A
            sigma = jnp.sqrt(share @ deviation**2)
            two = share * (1 + jnp.array([[-1.0], [1.0]]) * deviation / sigma)
            nuclei, n = jax.tree.map(lambda x, two=two: two @ x, nuclei), jnp.full(2, jnp.sum(n) / 2)
        chosen.append((nuclei, n))
    joined: tuple[Isotope, Array] = jax.tree.map(lambda *x: jnp.concatenate(x), *chosen)
    return joined


def _table(source: Source) -> Array:
    """Energies evenly spaced from 0 to the end point, and 1 and the relative variations there, (2 + V, TABLE)."""
    E = jnp.linspace(0.0, source.E_max, TABLE)
    return jnp.concatenate([E[None], jnp.ones((1, TABLE)), source.relative_variations(E)])


def _changes(table: Array, E_nu: Array) -> Array:
    """1 and the relative variations of the flux, shape (1 + V, *E_nu.shape)."""
    at = jnp.clip(E_nu / table[0, -1], 0.0, 1.0) * (TABLE - 1)
    i = jnp.minimum(at.astype(jnp.int32), TABLE - 2)
    return table[1:, i] + (table[1:, i + 1] - table[1:, i]) * (at - i)
