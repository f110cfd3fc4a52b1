"""What a detector makes of recoils: shares of bins against quadrature, and the limit of no noise."""

from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import eV
from scipy.integrate import quad
from scipy.stats import norm

from nushine.detectors import Response, Uncertainties
from nushine.detectors.uncertainties import BELOW_ONE

TRUE = np.array([5.0, 12.0, 19.5, 20.0, 20.25, 31.0, 80.0, 300.0]) * eV
MEASURED = np.array([15.0, 20.0, 31.0, 50.0, 100.0]) * eV


def by_quadrature(low: float, high: float, a: float, b: float, sigma: float, q: float, slope: float = 0.0) -> float:
    """Share of a bin (low, high), of density 1 + slope from its middle to its end, that is measured in (a, b)."""

    def share(E: float) -> float:
        density = 1 + slope * (2 * E - low - high) / (high - low)
        return float(norm.cdf(b, q * E, sigma) - norm.cdf(a, q * E, sigma)) * density

    edges = [(edge + k * sigma) / q for edge in (a, b) for k in (-6, -2, 0, 2, 6)]
    points = sorted({low, high, *(edge for edge in edges if low < edge < high)})
    rounding = 1e-15 * (high - low)
    pieces = [quad(share, *ends, epsabs=rounding, epsrel=1e-12)[0] for ends in pairwise(points)]
    return float(sum(pieces) / (high - low))


def overlap(low: float, high: float, a: float, b: float) -> float:
    return max(0.0, min(b, high) - max(a, low)) / (high - low)


@pytest.mark.parametrize(("sigma", "q"), [(4.0, 1.0), (0.3, 0.9), (30.0, 1.2)])
def test_shares_are_those_of_quadrature(sigma: float, q: float) -> None:
    matrix = Response(sigma * eV, q, 0.7).matrix(TRUE, MEASURED)
    expected = [[by_quadrature(*true, *bins, sigma * eV, q) for bins in pairwise(MEASURED)] for true in pairwise(TRUE)]
    assert matrix.shape == (7, 4)
    # rounding: 1e-16 times sigma over the width of the narrowest bin, 30 / 0.25
    np.testing.assert_allclose(matrix, 0.7 * np.array(expected), rtol=0, atol=1e-13)


@pytest.mark.parametrize(("sigma", "q"), [(4.0, 1.0), (0.3, 0.9), (30.0, 1.2)])
def test_shares_of_a_bin_with_a_known_mean(sigma: float, q: float) -> None:
    """A straight density whose mean is (low + high)/2 + slope (high - low)/6; steeper ones would be negative."""
    slopes = np.array([0.5, -0.3, 1.0, 0.0, -1.0, -0.9, 3.0])
    mean = (TRUE[1:] + TRUE[:-1]) / 2 + slopes * np.diff(TRUE) / 6
    matrix = Response(sigma * eV, q, 0.7).matrix(TRUE, MEASURED, mean)
    expected = [
        [by_quadrature(*true, *bins, sigma * eV, q, slope) for bins in pairwise(MEASURED)]
        for true, slope in zip(pairwise(TRUE), np.clip(slopes, -1.0, 1.0), strict=True)
    ]
    # rounding: 1e-16 times the square of sigma over the width of the narrowest bin, 30 / 0.25
    np.testing.assert_allclose(matrix, 0.7 * np.array(expected), rtol=0, atol=1e-11)


def test_bins_of_no_width_give_nothing() -> None:
    matrix = np.asarray(Response(4 * eV).matrix([0.0, 0.0, 20 * eV], MEASURED, [0.0, 10 * eV]))
    assert not matrix[0].any()
    assert np.isfinite(matrix).all()


def test_without_noise_bins_overlap_exactly() -> None:
    matrix = np.asarray(Response().matrix(TRUE, MEASURED))
    expected = [[overlap(*true, *bins) for bins in pairwise(MEASURED)] for true in pairwise(TRUE)]
    np.testing.assert_allclose(matrix, expected, rtol=3e-16)  # rounding of a division
    fine = np.geomspace(MEASURED[0], MEASURED[-1], 40)
    true = np.union1d(fine, MEASURED)
    for matrix_of in (Response().matrix, jax.jit(Response().matrix)):
        nested = np.asarray(matrix_of(true, MEASURED))
        assert set(np.unique(nested)) == {0.0, 1.0}
        np.testing.assert_array_equal(nested.sum(axis=1), 1.0)


@pytest.mark.parametrize("sigma", [1e-2, 1e-5, 1e-12, 1e-300])
def test_little_noise_is_nearly_none(sigma: float) -> None:
    sharp, noisy = (np.asarray(Response(s * eV).matrix(TRUE, MEASURED)) for s in (0.0, sigma))
    # each of the two edges of a bin carries sigma / sqrt(2 pi) at most, once for each end of the true bin
    bound = 4 * sigma * eV / np.sqrt(2 * np.pi) / np.diff(TRUE)[:, None]
    assert np.all(np.abs(noisy - sharp) <= bound + 1e-15)  # and rounding


def test_every_recoil_is_measured_somewhere() -> None:
    everywhere = np.array([-np.inf, 0.0, *MEASURED, np.inf])
    for sigma in (0.0, 4.0, 50.0):
        total = Response(sigma * eV, efficiency=0.6).matrix(TRUE, everywhere).sum(axis=1)
        np.testing.assert_allclose(total, 0.6, rtol=1e-13)  # rounding, as for the shares


def test_quenching_is_a_change_of_the_scale() -> None:
    scaled = Response(4 * eV, 0.5).matrix(TRUE, MEASURED)
    np.testing.assert_allclose(scaled, Response(8 * eV).matrix(TRUE, 2 * MEASURED), rtol=0, atol=1e-14)  # rounding


def test_true_bins_far_narrower_than_their_energy_keep_their_precision() -> None:
    narrow = np.array([30.0, 30.0 + 1e-9]) * eV
    expected = np.diff(norm.cdf(MEASURED, 30 * eV, 4 * eV))
    # 1e-16 times sigma over the width, 4e9: what the docstring says
    np.testing.assert_allclose(Response(4 * eV).matrix(narrow, MEASURED)[0], expected, rtol=0, atol=2e-6)


@jax.jit
def shares(parameters: jax.Array) -> jax.Array:
    """Bins by resolution in eV, quenching and efficiency."""
    sigma, q, efficiency = parameters
    return Response(sigma * eV, q, efficiency).matrix(TRUE, np.array([*MEASURED, np.inf]))


def test_derivatives_are_those_of_differences() -> None:
    at = jnp.array([4.0, 0.9, 0.8])
    forward, backward = jax.jit(jax.jacfwd(shares))(at), jax.jit(jax.jacrev(shares))(at)
    for k, step in enumerate(1e-4 * np.diag(at)):
        slope = (shares(at + step) - shares(at - step)) / (2 * step[k])
        # central differences: (1e-4)^2 / 6 times the third derivative by the logarithm, up to 15^3: energies in sigma
        np.testing.assert_allclose(forward[..., k] * at[k], slope * at[k], rtol=0, atol=1e-5)
    np.testing.assert_allclose(backward, forward, rtol=0, atol=1e-9)  # rounding


def test_derivatives_are_finite_without_noise_and_beyond_its_tails() -> None:
    backward = jax.jit(jax.jacrev(shares))
    for sigma in (0.0, 1e-200, 1e-90, 1e-3, 1e3):
        assert np.all(np.isfinite(backward(jnp.array([sigma, 1.0, 1.0]))))


def test_slopes_are_smooth_where_edges_coincide() -> None:
    at, step = jnp.array([4.0, 1.0, 1.0]), jnp.array([0.0, 1e-5, 0.0])
    slope = (shares(at + step) - shares(at - step)) / 2e-5
    # as above, with a smaller step; the narrowest bin, 1/16 sigma at 5 sigma, has the steepest third derivative
    np.testing.assert_allclose(jax.jit(jax.jacrev(shares))(at)[..., 1], slope, rtol=0, atol=1e-6)


def test_a_response_passes_through_jit_and_vmap() -> None:
    sigmas = jnp.array([0.0, 1.0, 4.0]) * eV
    stacked = jax.jit(jax.vmap(lambda sigma: Response(sigma).matrix(TRUE, MEASURED)))(sigmas)
    for sigma, matrix in zip(sigmas, stacked, strict=True):
        alone = Response(float(sigma)).matrix(TRUE, MEASURED)
        np.testing.assert_allclose(matrix, alone, rtol=0, atol=1e-14)  # rounding


@pytest.mark.parametrize(
    ("field", "bad", "cure"),
    [
        ("resolution", -1e-6, "zero or above"),
        ("resolution", np.nan, "zero or above"),
        ("quenching", 0.0, "above zero"),
        ("efficiency", 0.0, "give a share above 0, 1 at most"),
        ("efficiency", 1.01, "give a share above 0, 1 at most"),
        ("photon_efficiency", -0.5, "give a share above 0, 1 at most"),
    ],
)
def test_a_response_out_of_range_is_answered_in_one_line(field: str, bad: float, cure: str) -> None:
    with pytest.raises(ValueError, match=rf"^response\.{field} = .* is not allowed: .*{cure}$"):
        Response(**{field: bad})


@pytest.mark.parametrize("field", [name for name in vars(Uncertainties()) if name != "flux_shape"])
@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf])
def test_uncertainties_are_not_negative(field: str, bad: float) -> None:
    values: dict[str, Any] = {field: bad}
    with pytest.raises(ValueError, match=rf"^uncertainties\.{field} = .* is not allowed: give a .*zero or above"):
        Uncertainties(**values)


def test_what_must_stay_positive_is_known_to_better_than_itself() -> None:
    for field in BELOW_ONE:
        values: dict[str, Any] = {field: 1.0}
        with pytest.raises(ValueError, match="below 1"):
            Uncertainties(**values)
    known = Uncertainties(flux=1.5, background=2.0, excess=3.0)
    assert (known.flux, known.background, known.excess) == (1.5, 2.0, 3.0)
