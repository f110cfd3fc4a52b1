"""What is uncertain about the shape of a flux."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nushine.sources import Beam, Source, chooz_reactor
from nushine.sources.base import Variation
from nushine.sources.reactor import Reactor

REACTOR = chooz_reactor()
E_NU = jnp.array([0.1, 0.7, 1.9, 3.0, 5.5, 7.9])


def test_one_variation_for_each_component_with_an_uncertainty() -> None:
    names = [variation.name for variation in REACTOR.source().variations]
    assert names == list(REACTOR.uncertainties)
    assert names[:4] == ["U235", "U238", "Pu239", "Pu241"]


def test_relative_variations_are_component_times_uncertainty_over_flux() -> None:
    source = REACTOR.source()
    expected = [REACTOR.components()[n](E_NU) * sigma(E_NU) for n, sigma in REACTOR.uncertainties.items()]
    # rounding of two sums over components
    np.testing.assert_allclose(source.relative_variations(E_NU) * source.flux(E_NU), jnp.stack(expected), rtol=1e-9)
    assert 0.005 < float(jnp.linalg.norm(source.relative_variations(jnp.array(3.0)))) < 0.05  # per cents: Huber 2011


def test_outside_the_flux_nothing_varies() -> None:
    outside = REACTOR.source().relative_variations(jnp.array([[0.0, 1e-3], [11.0, 50.0]]))
    assert outside.shape == (len(REACTOR.uncertainties), 2, 2)
    assert jnp.all(outside == 0)


def test_sources_have_none_unless_given() -> None:
    plain = Source("", REACTOR.source().beams)
    assert plain.relative_variations(E_NU).shape == (0, 6)


def test_traced_and_differentiable() -> None:
    def spread(fraction: float, E_nu: float) -> jax.Array:
        reactor: Reactor = eqx.tree_at(lambda r: r.fractions.U238, REACTOR, fraction)
        return jnp.linalg.norm(reactor.source().relative_variations(E_nu))

    by_fraction, by_energy = jax.jit(jax.grad(spread, argnums=(0, 1)))(0.076, 3.1)
    step = 1e-4
    slope = (spread(0.076 + step, 3.1) - spread(0.076 - step, 3.1)) / (2 * step)
    assert float(by_fraction) == pytest.approx(float(slope), rel=1e-4)  # third derivative times step^2
    assert jnp.isfinite(by_energy)


def test_variation_scales_with_its_uncertainty() -> None:
    flux = REACTOR.source().beams[0].continuum
    source = Source("", (Beam(flux),), (Variation("all", flux, type(flux).linear([0.0, 20.0], [0.1, 0.1])),))
    np.testing.assert_allclose(source.relative_variations(E_NU), jnp.full((1, 6), 0.1), rtol=1e-12)  # rounding
