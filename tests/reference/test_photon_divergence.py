"""How many photons tell Dirac from Majorana: closed forms, events of the generator, and counts of two bins."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import cm, kg, s, year
from scipy.stats import binom, norm

import nushine as ns
from nushine.events import generate
from nushine.experiments import Experiment
from nushine.rates import Selection, photon_spectrum
from nushine.sources import monoenergetic
from nushine.statistics import (
    Binning,
    Observable,
    discriminate,
    divergence,
    median_significance,
    photon_shares,
    photons_needed,
    photons_needed_by_toys,
)
from nushine.statistics.discrimination import models
from nushine.targets import compound

E_NU, PATH, BINS = 4.0, 5 * cm, 60
SOURCE, TARGET = monoenergetic(E_NU, 1e12 / (cm**2 * s)), compound("Ge73")
NATURES = (ns.DIRAC, ns.MAJORANA)
"""The first is p and the second q in what follows."""


class Pair(NamedTuple):
    """The same of both natures."""

    dirac: np.ndarray
    majorana: np.ndarray


def signal(m_N: float, nature: ns.Nature) -> ns.Dipole:
    """Arrays: one compilation for all masses."""
    return ns.Dipole(jnp.asarray(m_N), jnp.asarray(1e-8), nature)


def shares_at(m_N: float) -> Pair:
    of = (photon_shares(SOURCE, TARGET, signal(m_N, n), PATH, Observable.ENERGY, bins=(BINS, 1)) for n in NATURES)
    return Pair(*of)


@pytest.fixture(scope="module")
def heavy() -> Pair:
    """m_N is half of the neutrino energy."""
    return shares_at(2.0)


# --- densities in closed form ---


def linear_against_flat(a: float) -> float:
    """D of (1 + a x)/2 against 1/2 on [-1, 1], by hand."""
    ends = [(1 + e * a) ** 2 * (np.log(1 + e * a) / 2 - 0.25) if e * a > -1 else 0.0 for e in (1, -1)]
    return float((ends[0] - ends[1]) / (2 * a))


def flat_against_linear(a: float) -> float:
    """The reverse."""
    ends = [(1 + e * a) * np.log(1 + e * a) if e * a > -1 else 0.0 for e in (1, -1)]
    return float(1 - (ends[0] - ends[1]) / (2 * a))


def binned(a: float, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Both in bins of equal width."""
    x = np.linspace(-1, 1, bins + 1)
    return np.diff(x + a * x**2 / 2) / 2, np.diff(x) / 2


def test_full_slope_by_hand() -> None:
    assert linear_against_flat(1.0) == pytest.approx(np.log(2) - 0.5, rel=1e-14)  # rounding
    assert flat_against_linear(1.0) == pytest.approx(1 - np.log(2), rel=1e-14)


@pytest.mark.parametrize("a", [0.3, 0.9])
def test_bins_lose_what_the_slope_within_them_tells(a: float) -> None:
    """D falls by the mean of D inside a bin, which is (h p'/p)^2 / 24 for width h to leading order.

    The sums over bins are integrals: a ln[(1 + a)/(1 - a)] / (12 n^2), and a^2 / [6 n^2 (1 - a^2)]. What is left out
    is of order (h p'/p)^2 of these, with h p'/p = 2 a / (n (1 - a)) at most: below 1 % of them for the bins here.
    """
    for n in (200, 400):
        p, q = binned(a, n)
        lost = a * np.log((1 + a) / (1 - a)) / (12 * n**2), a**2 / (6 * n**2 * (1 - a**2))
        # rounding of D is 1e-16 times a few: 1e-4 of what is lost at least
        assert linear_against_flat(a) - divergence(p, q) == pytest.approx(lost[0], rel=0.01)
        assert flat_against_linear(a) - divergence(q, p) == pytest.approx(lost[1], rel=0.01)


def test_bins_where_the_density_falls_to_zero() -> None:
    """With a = 1 the bins of p are (2k + 1)/n^2: by Stirling's formula D(q||p) loses ln 2 / (2n) - 1/(24 n^2)."""
    for n in (100, 1000):
        p, q = binned(1.0, n)
        lost = np.log(2) / (2 * n) - 1 / (24 * n**2)
        assert 1 - np.log(2) - divergence(q, p) == pytest.approx(lost, rel=1e-6)  # the next term is of order 1/n^4
        # the sum of h^2/24 p'^2/p over bins, of which 1/(2k + 1) is left: it grows like the logarithm of n
        k = np.arange(n)
        assert np.log(2) - 0.5 - divergence(p, q) == pytest.approx(np.sum(1 / (2 * k + 1)) / (6 * n**2), rel=0.05)


def test_divergence_is_zero_for_the_same_and_never_negative() -> None:
    p, q = binned(0.9, 40)
    assert divergence(p, p) == 0.0
    assert divergence(p, q) > 0
    assert divergence(q, p) > 0


# --- photons of N with a known energy and helicity ---


def light(E_gamma: np.ndarray) -> Pair:
    """Shares of photons below E_gamma for m_N << E_nu: helicity flips, so that Dirac is 2 (1 - x) in x = E_gamma/E."""
    x = E_gamma / E_NU
    return Pair(1 - (1 - x) ** 2, x)


def edges() -> np.ndarray:
    return E_NU * (np.arange(BINS + 1) / BINS) ** 2


def test_light_n_of_one_energy_flips_its_helicity() -> None:
    """Shares, mean energies and divergences of a line source far above m_N, against straight lines.

    What is different: photons end at (E +- p)/2, m_N^2/(4 E) from the ends, and the polarisation is not complete, by a
    few (m_N/E)^2. N loses 2e-4 of its energy at most to the recoil. Quadrature is good to 1e-4 here.
    """
    for m_N in (0.004, 0.4):
        require_straight_lines(m_N)


def require_straight_lines(m_N: float) -> None:
    found, expected = shares_at(m_N), Pair(*(np.diff(x) for x in light(edges())))
    small = (m_N / E_NU) ** 2
    for p, q in zip(found, expected, strict=True):
        assert p.sum() == pytest.approx(1.0, abs=1e-12)
        np.testing.assert_allclose(p, q, atol=1e-5 + small)  # shares are 0.03 or less
    centres = (edges()[1:] + edges()[:-1]) / 2
    for p, q, mean in zip(found, expected, (1 / 3, 1 / 2), strict=True):
        # bins take their centre for their mean: 1e-4 of E_nu; p/E = 1 - small/2 makes 1/12 of small, and the rest a few
        assert q @ centres / E_NU == pytest.approx(mean, abs=2e-4)
        assert p @ centres / E_NU == pytest.approx(mean, abs=2e-4 + 0.2 * small)
    # the same bins: what they lose is in both
    for i, j in ((0, 1), (1, 0)):
        ours, straight = divergence(found[i], found[j]), divergence(expected[i], expected[j])
        assert ours == pytest.approx(straight, rel=2e-4 + 0.5 * small)
    # all energies: D(q||p) loses ln 2 / n' of bins as wide as the last one, n' = n/2; D(p||q) 1/n'^2 times a logarithm
    assert divergence(*found) == pytest.approx(np.log(2) - 0.5, rel=4e-3 + small)
    lost = np.log(2) / BINS
    assert divergence(found.majorana, found.dirac) == pytest.approx(1 - np.log(2) - lost, rel=5e-3 + small)


def test_heavy_n_of_one_energy_is_linear_over_its_own_range(heavy: Pair) -> None:
    """Majorana photons are uniform between (E - p)/2 and (E + p)/2 whatever N does, and Dirac ones fall linearly."""
    p_N = np.sqrt(E_NU**2 - 2.0**2)
    x = np.clip((2 * edges() - E_NU) / p_N, -1, 1)
    # N loses 2e-4 of its energy at most, which moves the ends by as much
    np.testing.assert_allclose(heavy.majorana, np.diff(x) / 2, atol=2e-4)
    flat, tilted = np.diff(x) / 2, np.diff(x**2) / 4
    slope = float(tilted @ (heavy.dirac - flat) / (tilted @ tilted))
    np.testing.assert_allclose(heavy.dirac, flat + slope * tilted, atol=4e-4)  # the same, with a slope
    assert -1 < slope < -0.5
    assert divergence(*heavy) == pytest.approx(linear_against_flat(slope), rel=0.01)  # bins


# --- N photons: N times the divergence ---

EVENTS = 600_000


@pytest.fixture(scope="module")
def ratio() -> Callable[[np.ndarray], np.ndarray]:
    """ln of the density of Dirac over that of Majorana photons, from spectra without bins."""
    E = np.linspace(0.3, 3.7, 120)
    rates = [photon_spectrum(jnp.asarray(E), SOURCE, TARGET, signal(2.0, n), PATH) for n in NATURES]
    ends = (E_NU - np.sqrt(E_NU**2 - 4.0)) / 2, (E_NU + np.sqrt(E_NU**2 - 4.0)) / 2
    densities = []
    for rate in rates:  # straight lines, so that a fit of one continues them to the ends
        line = np.polynomial.Polynomial.fit(E, np.asarray(rate), 1)
        np.testing.assert_allclose(line(E), rate, rtol=2e-3)  # N loses 2e-4 of its energy, steeper where rates are low
        whole = line.integ()
        densities.append(np.asarray(rate) / (whole(ends[1]) - whole(ends[0])))
    table = np.log(densities[0] / densities[1])

    def at(E_gamma: np.ndarray) -> np.ndarray:
        return np.interp(E_gamma, E, table)

    return at


def test_expected_likelihood_ratio_of_generated_photons(ratio: Callable[[np.ndarray], np.ndarray], heavy: Pair) -> None:
    """The mean of ln L/L' over samples of N photons of the generator is N D."""
    of, N = Experiment("by hand", SOURCE, TARGET, 1 * kg, 1 * year, PATH), 20
    for true, sign in ((0, 1), (1, -1)):
        E_gamma = generate(of, ns.Dipole(2.0, 1e-8, NATURES[true]), EVENTS, seed=11)["E_gamma"]
        sums = sign * ratio(E_gamma).reshape(-1, N).sum(axis=1)
        expected = N * divergence(heavy[true], heavy[1 - true])
        error = sums.std() / np.sqrt(sums.size)
        # 4 standard errors, and the 1 % that bins lose
        assert abs(sums.mean() - expected) < 4 * error + 0.01 * expected
        assert 4 * error < 0.02 * expected  # the comparison is sharp


def test_expected_likelihood_ratio_in_an_experiment() -> None:
    """Without background, with the strength free, 2 ln L/L' of Asimov data is 2 N D: so N = Z^2 / (2D)."""
    window = Selection(2e-5, 1e-3, 0.1, -1.0)
    of = Experiment("by hand", SOURCE, TARGET, 1 * kg, 1 * year, PATH, window)
    bins = Binning(E_R=2, E_gamma=6, cos_theta=2)
    found = discriminate(of, 2.0, truth=ns.MAJORANA, binning=bins)
    for Z, mu, events in zip(found.sigmas, found.mu[0], found.events[0], strict=True):
        true, wrong = (np.asarray(model.signal) for model in models(of, 2.0, float(mu), binning=bins))
        assert true.sum() == pytest.approx(events, rel=1e-12)
        assert wrong.sum() == pytest.approx(events, rel=1e-5)  # the root in log mu is good to 1e-6, and N ~ mu^4
        expected = 2 * events * divergence(true / true.sum(), wrong / wrong.sum())
        # the root is good to 1e-5 in log mu at least, and q ~ mu^4
        assert expected == pytest.approx(Z**2, rel=4e-5)


# --- numbers of photons ---

P, Q = np.array([0.5, 0.5]), np.array([0.25, 0.75])


@pytest.mark.parametrize("N", [10, 30, 100])
def test_median_significance_of_two_bins_is_binomial(N: int) -> None:
    """T grows with the count of the first bin, whose median is N/2: the tail of q is a sum of binomial terms."""
    n = 20_000
    k = np.arange(N // 2, N + 1)
    tail = binom.sf(N // 2 - 1, N, Q[0])
    T = k * np.log(P[0] / Q[0]) + (N - k) * np.log(P[1] / Q[1])
    spread = np.sqrt(np.sum(binom.pmf(k, N, P[0]) * np.exp(-2 * T)) - tail**2)
    Z = norm.isf(tail)
    # 4 standard errors of a mean of n toys
    tolerance = 4 * spread / np.sqrt(n) / norm.pdf(Z)
    assert median_significance(P, Q, N, n, seed=2) == pytest.approx(Z, abs=tolerance)
    assert tolerance < 0.1
    assert median_significance(P, Q, N, n, seed=2) == median_significance(P, Q, N, n, seed=2)


def test_photons_needed_on_average() -> None:
    D = 0.5 * np.log(2) + 0.5 * np.log(2 / 3)
    np.testing.assert_allclose(photons_needed(P, Q, (2.0, 3.0, 5.0)), np.array([4, 9, 25]) / (2 * D), rtol=1e-14)


@pytest.mark.parametrize("true", [0, 1], ids=["Dirac", "Majorana"])
def test_toys_need_as_many_photons(true: int, heavy: Pair) -> None:
    """Within 20 %: the tail of a sum of 20 and more is Gaussian to 1/Z, and the median is the mean to 1/sqrt(N)."""
    p, q = heavy[true], heavy[1 - true]
    found = photons_needed_by_toys(p, q)
    np.testing.assert_allclose(found, photons_needed(p, q), rtol=0.2)
    for N, Z in zip(found.tolist(), (3.0, 5.0), strict=True):
        assert median_significance(p, q, N) >= Z
        assert median_significance(p, q, N - 1) < Z


def test_an_impossible_photon_is_enough() -> None:
    p, q = [0.2, 0.8], [1.0, 0.0]
    assert divergence(p, q) == np.inf
    assert divergence(q, p) == pytest.approx(np.log(5), rel=1e-14)
    np.testing.assert_array_equal(photons_needed(p, q), 0.0)
    np.testing.assert_array_equal(photons_needed_by_toys(p, q), 1)
    # the least N for which half the samples have one in the second bin: 0.8^4 < 1/2 < 0.8^3
    np.testing.assert_array_equal(photons_needed_by_toys([0.8, 0.2], q), 4)


def test_the_same_distributions_are_never_told_apart() -> None:
    with pytest.raises(ValueError, match="no number of photons tells them apart"):
        photons_needed_by_toys(P, P)


def test_no_photon_at_all() -> None:
    with pytest.raises(ValueError, match=r"m_N = 4\.5 MeV: no photon passes"):
        shares_at(4.5)
