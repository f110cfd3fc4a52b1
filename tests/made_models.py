"""Models for tests: small ones, and random ones as large as those of the study."""

import jax.numpy as jnp
import numpy as np

from nushine.statistics.model import Model


def counting(signal: object, background: object, log_kappa: float = 0.1, precision: float = 1.0) -> Model:
    """Two bins, one background and one parameter that scales it; each bin is a channel."""
    return Model(
        signal=jnp.asarray(signal, dtype=float),
        backgrounds=jnp.asarray([background], dtype=float),
        log_kappa=jnp.array([[0.0, log_kappa]]),
        up=jnp.zeros((0, 2, 2)),
        down=jnp.zeros((0, 2, 2)),
        precision=jnp.array([precision]),
        weight=jnp.ones(2),
        shaped=(),
        nuisances=("background",),
        samples=("signal", "background"),
        channels=(("on", 1), ("off", 1)),
    )


def random_model(
    seed: int, bins: tuple[int, ...] = (30, 20), norms: int = 5, shapes: int = 5, width: float = 0.1
) -> Model:
    """Falling signal over two flat backgrounds; norms and, asymmetric and partly one-sided, shapes."""
    rng = np.random.default_rng(seed)
    size, parameters = sum(bins), norms + shapes
    signal = rng.uniform(0.2, 3.0, size) * np.exp(-np.arange(size) / 15)
    nominal = np.concatenate([signal[None], rng.uniform(2.0, 30.0, (2, size))])
    log_kappa = np.zeros((parameters, 3))
    log_kappa[: norms + (shapes > 0)] = rng.normal(0.0, width, (norms + (shapes > 0), 3))  # one does both
    up = nominal * rng.normal(0.0, 0.06, (shapes, 3, size))
    down = 0.5 * up + nominal * rng.normal(0.0, 0.03, (shapes, 3, size))
    return Model(
        signal=jnp.asarray(nominal[0]),
        backgrounds=jnp.asarray(nominal[1:]),
        log_kappa=jnp.asarray(log_kappa),
        up=jnp.asarray(up),
        down=jnp.asarray(down),
        precision=jnp.ones(parameters),
        weight=jnp.ones(size),
        shaped=tuple(range(norms, parameters)),
        nuisances=tuple(f"parameter_{k}" for k in range(parameters)),
        samples=("signal", "first", "second"),
        channels=tuple((f"channel_{i}", n) for i, n in enumerate(bins)),
    )
