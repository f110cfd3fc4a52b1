"""Likelihood of single events, for samples too small to be binned."""

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from nushine.numerics.checks import require_non_negative
from nushine.statistics.model import Data, Model


def unbinned(
    signal_density: ArrayLike,
    background_densities: ArrayLike,
    signal: float,
    backgrounds: ArrayLike,
    uncertainties: dict[str, ArrayLike] | None = None,
    samples: tuple[str, ...] = (),
) -> tuple[Model, Data]:
    r"""Extended unbinned likelihood of observed events.

    .. math:: -\ln L = \sum_j c_j \nu_j - \sum_i \ln \sum_j c_j \nu_j f_j(x_i) + \text{constraints}

    In the form of `Model`: each event is a bin with one count and no weight, and one bin with weight and no count has
    the expected totals. Fits, likelihood ratios and limits are the same as for binned data.

    Parameters
    ----------
    signal_density : array_like, shape (n,)
        Density f_0 of the signal at each event, normalised to one over the selection; from a spectrum of the package
        (`photon_energy_spectrum` and others) or any function of one's own.
    background_densities : array_like, shape (S, n)
        The same for each background.
    signal : float
        Expected signal events at strength 1.
    backgrounds : array_like, shape (S,)
        Expected events of each background.
    uncertainties : dict of str to array_like of shape (1 + S,), optional
        For each nuisance parameter its relative one-sigma effect on signal and backgrounds.
    samples : tuple of str, optional
        Names of signal and backgrounds.

    Returns
    -------
    tuple of Model and Data

    Raises
    ------
    ValueError
        For densities that are negative or not finite, shapes that do not fit, and events where no density is positive.

    """
    f_0 = np.atleast_1d(np.asarray(signal_density, dtype=float))
    nu = np.atleast_1d(np.asarray(backgrounds, dtype=float))
    f = np.asarray(background_densities, dtype=float).reshape(nu.size, -1)
    if f.shape != (nu.size, f_0.size):
        raise ValueError(f"densities of {f.shape[1]} events for {f_0.size}: give one for each event and background")
    require_non_negative("signal density", f_0)
    require_non_negative("background density", f)
    impossible = signal * f_0 + nu @ f <= 0
    if impossible.any():
        raise ValueError(
            f"event {int(np.argmax(impossible))}: neither signal nor background can make it; add a background or "
            "cut it away"
        )
    known = uncertainties or {}
    S, K, B = 1 + nu.size, len(known), f_0.size + 1
    log_kappa = np.log1p(np.array([np.asarray(x, dtype=float) for x in known.values()]).reshape(K, S))
    model = Model(
        signal=jnp.asarray(signal * np.append(f_0, 1.0)),
        backgrounds=jnp.asarray(nu[:, None] * np.concatenate([f, np.ones((nu.size, 1))], axis=1)),
        log_kappa=jnp.asarray(log_kappa),
        up=jnp.zeros((0, S, B)),
        down=jnp.zeros((0, S, B)),
        precision=jnp.ones(K),
        weight=jnp.zeros(B).at[-1].set(1.0),
        shaped=(),
        nuisances=tuple(known),
        samples=samples or ("signal", *(f"background {j}" for j in range(nu.size))),
        channels=(("events", f_0.size), ("total", 1)) if f_0.size else (("total", 1),),
    )
    return model, Data(jnp.ones(B).at[-1].set(0.0), jnp.zeros(K))
