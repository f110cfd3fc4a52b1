"""Rates in bins of true energies and angle, against the slow and accurate rates."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

import nushine as ns
from nushine.decay import PROMPT, RADIATIVE, Decay, Invisible, Radiative, ToSterile
from nushine.interactions.cevns import CEvNS
from nushine.numerics import quadrature
from nushine.numerics.piecewise import Piecewise
from nushine.rates import (
    Edges,
    Selection,
    recoil_bins,
    recoil_rate,
    scattering_rate,
    sterile_bins,
    sterile_rate,
    sterile_yield,
)
from nushine.sources import chooz, pion_decay_at_rest
from nushine.sources.base import Beam, Source, Variation
from nushine.targets import compound

PATH = 50.0
SOURCE = chooz()
GERMANIUM = compound("Ge")
EDGES = Edges(jnp.geomspace(20e-6, 1e-3, 25), jnp.geomspace(0.1, 5.6, 8), jnp.array([0.0, 0.5]))
ONE = compound("Ge74")
WINDOW = Selection(20e-6, 1e-3, 0.1, 0.0)
MOMENTS = jnp.array([1e-10, 1e-6, 1e-4, 1e-2])


@pytest.mark.parametrize("formula", ["Ge", "CaWO4"])
@pytest.mark.parametrize("m_N", [0.01, 0.1, 3.0, 8.5])
def test_bins_add_up_to_the_rate_in_the_window(formula: str, m_N: float) -> None:
    target, signal = compound(formula), ns.Dipole(m_N, 1.0)
    binned = sterile_bins(SOURCE, target, signal, PATH, RADIATIVE, EDGES)
    expected = sterile_yield(SOURCE, target, signal, PATH, RADIATIVE, WINDOW)(MOMENTS)
    found = [binned(mu)[0].sum() for mu in MOMENTS]
    np.testing.assert_allclose(found, expected, rtol=1e-3)  # the accuracy that is claimed


@pytest.mark.parametrize("m_N", [0.1, 1.0, 3.0, 8.5])
def test_single_bins_agree_with_differences_of_rates(m_N: float) -> None:
    signal, rows = ns.Dipole(m_N, 1.0), (0, 8, 16)
    binned = sterile_bins(SOURCE, GERMANIUM, signal, PATH, RADIATIVE, EDGES)
    found = np.stack([np.asarray(binned(mu)[0]) for mu in MOMENTS])
    above = np.zeros((len(MOMENTS), len(rows), 9, 3))
    for i, r in enumerate(rows):
        for g, E_gamma in enumerate(EDGES.E_gamma):
            for c, cos_theta in enumerate(EDGES.cos_theta):
                asked = Selection(EDGES.E_R[r], EDGES.E_R[r + 1], E_gamma, cos_theta)
                above[:, i, g, c] = sterile_yield(SOURCE, GERMANIUM, signal, PATH, RADIATIVE, asked)(MOMENTS)
    expected = np.diff(np.diff(above, axis=2), axis=3)
    large = expected > 0.01 * found.sum(axis=(1, 2, 3), keepdims=True)
    assert large.any() or m_N > 8
    np.testing.assert_allclose(found[:, list(rows)][large], expected[large], rtol=1e-2)  # the accuracy that is claimed


def test_bins_add_up_to_coarser_bins() -> None:
    signal = ns.Dipole(2.0, 1.0)
    coarse = Edges(EDGES.E_R[::2], EDGES.E_gamma[::2], EDGES.cos_theta[:1])
    fine, rough = (sterile_bins(SOURCE, GERMANIUM, signal, PATH, RADIATIVE, e)(1e-8)[0] for e in (EDGES, coarse))
    joined = fine.reshape(12, 2, 4, 2, 2).sum(axis=(1, 3, 4))[..., None]
    # both have the error of single bins, 1 %, of what matters: 1e-4 of the largest bin
    np.testing.assert_allclose(joined, rough, rtol=1e-2, atol=1e-4 * float(rough.max()))


def test_wide_bin_of_all_recoils_and_photons() -> None:
    for m_N in (0.1, 3.0, 8.0):
        signal = ns.Dipole(m_N, 1e-9)
        found = sterile_bins(SOURCE, ONE, signal, PATH)(1e-9)[0, 0, 0, 0]
        # the accuracy that is claimed for windows, twice
        assert float(found) == pytest.approx(float(sterile_rate(SOURCE, ONE, signal, PATH)), rel=2e-3)


MODES = Decay((Radiative(), ToSterile(0.5, 3e-8, 1e-8), Invisible(1e-16)))


@pytest.mark.parametrize(("decay", "near"), [(MODES, 5.0), (PROMPT, 0.0)])
def test_modes_prompt_and_displaced_decays(decay: Decay, near: float) -> None:
    binned = sterile_bins(SOURCE, ONE, ns.Dipole(2.0, 1.0), PATH, decay, EDGES, near)
    asked = replace(WINDOW, flight_min=near)
    for mu in (1e-9, 1e-6):
        expected = sterile_rate(SOURCE, ONE, ns.Dipole(2.0, mu), PATH, decay, asked)
        assert float(binned(mu)[0].sum()) == pytest.approx(float(expected), rel=1e-3)  # the accuracy that is claimed


def test_lines_and_several_beams() -> None:
    source = pion_decay_at_rest(1.0, 1e4)
    signal = ns.Dipole(10.0, 1e-8, flavour=ns.sources.UNIVERSAL)
    edges = Edges(jnp.geomspace(1e-3, 3e-2, 25), jnp.array([1.0, 20.0]), jnp.array([-1.0, 0.5]))
    target = compound("Ar40")
    found = sterile_bins(source, target, signal, PATH, RADIATIVE, edges)(1e-8)[0].sum()
    expected = sterile_rate(source, target, signal, PATH, selection=Selection(1e-3, 3e-2, 1.0))
    assert float(found) == pytest.approx(float(expected), rel=1e-3)  # as claimed for reactors


def test_above_the_end_point_there_is_nothing() -> None:
    binned = sterile_bins(SOURCE, GERMANIUM, ns.Dipole(12.0, 1.0), PATH, RADIATIVE, EDGES)
    assert jnp.all(binned(1e-8) == 0)


def test_edges_without_photons_above() -> None:
    edges = Edges(EDGES.E_R, jnp.array([0.0, jnp.inf]), jnp.array([-1.0, 1.0]))
    rates = sterile_bins(SOURCE, GERMANIUM, ns.Dipole(2.0, 1.0), PATH, RADIATIVE, edges)(1e-8)
    assert jnp.all(jnp.isfinite(rates))
    nothing = jnp.abs(jnp.stack([rates[0, :, 1, 0], rates[0, :, 0, 1]])).max()
    assert float(nothing) < 1e-12 * float(rates[0, :, 0, 0].max())  # rounding of areas on the sphere


@pytest.mark.parametrize("argument", ["path", "flight_min"])
def test_negative_lengths_are_refused(argument: str) -> None:
    lengths = {"path": 50.0, "flight_min": 0.0} | {argument: -1.0}
    with pytest.raises(ValueError, match=f"{argument} = -1 mm"):
        sterile_bins(SOURCE, GERMANIUM, ns.Dipole(2.0, 1.0), edges=EDGES, **lengths)


GRADIENT_EDGES = Edges(jnp.geomspace(20e-6, 1e-3, 7), jnp.array([0.0, 0.7, 2.0]), jnp.array([-1.0, 0.0, 0.6]))
WEIGHTS = jnp.linspace(1.0, 2.0, 54).reshape(6, 3, 3)


def _weighted(shifts: Array, edges: Edges) -> Array:
    """A sum over bins with weights, as a function of relative shifts: of edges, path, mass and flight_min."""
    edges = Edges(
        edges.E_R.at[2].multiply(1 + shifts[0]),
        edges.E_gamma.at[1].multiply(1 + shifts[1]),
        edges.cos_theta.at[2].multiply(1 + shifts[2]),
    )
    signal = ns.Dipole(2.0 * (1 + shifts[4]), 1.0)
    path, near = PATH * (1 + shifts[3]), 5.0 * (1 + shifts[5])
    return 1e30 * jnp.sum(WEIGHTS * sterile_bins(SOURCE, ONE, signal, path, RADIATIVE, edges, near)(3e-8)[0])


def test_gradients_are_finite_and_agree_with_differences() -> None:
    function = jax.jit(_weighted)
    gradient, by_edges = jax.jit(jax.grad(_weighted, argnums=(0, 1)))(jnp.zeros(6), GRADIENT_EDGES)
    steps = 1e-4 * jnp.eye(6)
    differences = jnp.array(
        [(function(step, GRADIENT_EDGES) - function(-step, GRADIENT_EDGES)) / 2e-4 for step in steps]
    )
    np.testing.assert_allclose(gradient, differences, rtol=1e-2)  # kinks of the panels within the steps
    assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(by_edges))


@pytest.mark.parametrize("process", [CEvNS(), ns.Dipole(0.01, 1e-8), ns.Dipole(1.0, 1e-8), ns.Dipole(8.5, 1e-8)])
def test_recoil_bins_are_integrals_of_the_recoil_spectrum(process: ns.Dipole | CEvNS) -> None:
    edges = jnp.geomspace(1e-6, 4e-3, 41)
    found = recoil_bins(SOURCE, GERMANIUM, process, edges)
    x, w = quadrature.interval(jnp.log(edges[:-1]), jnp.log(edges[1:]), 60)
    expected = jnp.sum(recoil_rate(jnp.exp(x), SOURCE, GERMANIUM, process) * w * jnp.exp(x), axis=-1)
    large = expected > 0.01 * expected.sum()
    np.testing.assert_allclose(found[0][large], expected[large], rtol=1e-4)  # the accuracy that is claimed
    window = Selection(1e-6, 4e-3)
    assert float(found[0].sum()) == pytest.approx(
        float(scattering_rate(SOURCE, GERMANIUM, process, window)), rel=1e-5
    )  # errors of single bins are both ways


def test_variations_are_those_of_the_flux() -> None:
    """A source made of what a variation adds gives the change of every bin."""
    signal, variation = ns.Dipole(2.0, 1.0), SOURCE.variations[2]
    added = variation.flux.refine(variation.relative.knots)
    grown = Source("", (Beam(_product(added, variation)),))
    binned = sterile_bins(SOURCE, GERMANIUM, signal, PATH, RADIATIVE, EDGES)(1e-8)
    assert binned.shape == (1 + len(SOURCE.variations), *EDGES.shape)
    expected = sterile_bins(grown, GERMANIUM, signal, PATH, RADIATIVE, EDGES)(1e-8)[0]
    # the relative change is taken at two points of each panel
    np.testing.assert_allclose(binned[3].sum(), expected.sum(), rtol=2e-3)
    np.testing.assert_allclose(binned[3], expected, rtol=2e-2, atol=1e-3 * float(expected.max()))
    recoils = recoil_bins(SOURCE, GERMANIUM, CEvNS(), EDGES.E_R)[3]
    np.testing.assert_allclose(recoils, recoil_bins(grown, GERMANIUM, CEvNS(), EDGES.E_R)[0], rtol=1e-2)


def _product(flux: Piecewise, variation: Variation) -> Piecewise:
    return Piecewise.interpolate(lambda E: np.asarray(flux(E) * variation.relative(E)), flux.knots)


def test_source_without_variations_has_one_row() -> None:
    plain = eqx.tree_at(lambda s: s.variations, SOURCE, ())
    assert recoil_bins(plain, GERMANIUM, CEvNS(), EDGES.E_R).shape == (1, 24)
