"""Up-scattering followed by a visible decay."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from nushine.decay import RADIATIVE, Decay, flight, photon_acceptance
from nushine.interactions.dipole import Dipole
from nushine.numerics.calls import checked
from nushine.numerics.checks import require_non_negative
from nushine.numerics.compilation import jit
from nushine.rates.plane import EVERYTHING, Selection, photon_breaks, production, within_reach
from nushine.sources.base import Source
from nushine.targets.compounds import Target
from nushine.targets.isotopes import Isotope


class Yield(eqx.Module):
    r"""Rate of visible decays as a function of the moment, everything else fixed.

    .. math:: R(\mu) = \mu^2 \sum_c B_c \sum_j w_{cj} P_j, \qquad
              P_j = e^{-\ell_0/\lambda_j(\mu)} - e^{-\ell/\lambda_j(\mu)}

    Made by `sterile_yield`: points j of the (E_nu, E_R) plane for all isotopes and beams, photon modes c.

    Parameters
    ----------
    weights : Array, shape (C, J)
        Rate [1/(mass ns)] of visible photons for mu = 1 mu_B if N always decayed through mode c.
    E_N : Array, shape (J,)
        Energy of N [MeV].
    signal, decay, path, flight_min
        As given to `sterile_yield`.

    """

    weights: Array
    E_N: Array
    signal: Dipole
    decay: Decay
    path: Array
    flight_min: Array

    @jit
    def __call__(self, mu: ArrayLike) -> Array:
        """Rate [1/(mass ns)] for moments mu [mu_B] of any shape."""

        def of_moment(mu: Array) -> Array:
            signal = eqx.tree_at(lambda s: s.mu, self.signal, mu)
            probability = self.decay.probability_between(self.E_N, self.flight_min, self.path, signal)
            branching = jnp.array([b for b, _ in self.decay.photons(signal)])
            return mu**2 * jnp.dot(branching, self.weights @ probability)

        mu = jnp.asarray(mu, dtype=float)
        rates: Array = jax.lax.map(of_moment, mu.ravel())
        return rates.reshape(mu.shape)


@checked
def sterile_yield(
    source: Source,
    target: Target,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay = RADIATIVE,
    selection: Selection = EVERYTHING,
) -> Yield:
    """Fold flux, up-scattering and photon acceptance once, for all couplings (see `Yield` and `sterile_rate`)."""
    require_non_negative("path", path, "mm")
    return _sterile_yield(source, target, signal, path, decay, selection)


@jit
def _sterile_yield(
    source: Source, target: Target, signal: Dipole, path: ArrayLike, decay: Decay, selection: Selection
) -> Yield:
    unit = eqx.tree_at(lambda s: s.mu, within_reach(signal, source), 1.0)
    modes = [mode for _, mode in decay.photons(unit)]

    def of_isotope(isotope: Isotope) -> tuple[Array, Array]:
        weights, energies = [], []
        for beam in source.beams:
            breaks = [photon_breaks(selection.E_gamma_min, c.open_E_rest(unit), unit.m_N, isotope.m_A) for c in modes]
            points = production(beam, isotope, unit, selection, jnp.concatenate([jnp.zeros(0), *breaks]))
            N = flight(points.E_nu, points.E_R, unit.m_N, isotope.m_A, isotope.spin)
            accepted = [
                photon_acceptance(
                    N, c.open_E_rest(unit), c.asymmetry(unit), selection.E_gamma_min, selection.cos_theta_min
                )
                for c in modes
            ]
            weights.append(jnp.array([(points.rate * a).ravel() for a in accepted]).reshape(len(modes), N.E.size))
            energies.append(N.E.ravel())
        return jnp.concatenate(weights, axis=1), jnp.concatenate(energies)

    weights, E_N = jax.lax.map(of_isotope, target.isotopes)
    near = jnp.asarray(selection.flight_min, dtype=float)
    weights = jnp.moveaxis(weights * target.number_per_mass[:, None, None], 1, 0)
    return Yield(weights.reshape(len(modes), E_N.size), E_N.ravel(), unit, decay, jnp.asarray(path), near)


@checked
def sterile_rate(
    source: Source,
    target: Target,
    signal: Dipole,
    path: ArrayLike,
    decay: Decay = RADIATIVE,
    selection: Selection = EVERYTHING,
) -> Array:
    r"""Rate of up-scattering followed by a visible photon within the path [1/(mass ns)].

    .. math:: R = \sum_i n_i \int dE_\nu\, \Phi \int dE_R \frac{d\sigma_i}{dE_R}
              \left(1 - e^{-\ell/\lambda}\right) B_\gamma\, A_\gamma(E_\nu, E_R)

    Parameters
    ----------
    source, target, signal
        Flux, nuclei, and the up-scattering.
    path : float
        Length of flight inside the instrumented volume [mm].
    decay : Decay
        `RADIATIVE` (default), `PROMPT`, or any set of modes.
    selection : Selection
        Recoil window, photon threshold and cone; everything by default.

    Raises
    ------
    ValueError
        For a negative path.

    Notes
    -----
    A_gamma, the fraction of photons above threshold and in the cone, is in closed form at each point; the integrals
    have a relative accuracy of 1e-6 or better without a cone (see docs/validation).

    """
    return sterile_yield(source, target, signal, path, decay, selection)(signal.mu)
