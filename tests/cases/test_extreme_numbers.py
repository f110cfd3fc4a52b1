"""Masses and moments far beyond any experiment: zero, a number or one line, never NaN."""

import math
from collections.abc import Callable

import equinox as eqx
import numpy as np
import pytest

import nushine as ns
from nushine.rates import (
    photon_angle_spectrum,
    photon_spectrum,
    recoil_bins,
    recoil_rate,
    scattering_rate,
    sterile_bins,
    sterile_rate,
)

NUCLEUS = ns.experiments.load("nucleus-1kg")
SOURCE, TARGET = NUCLEUS.source, NUCLEUS.target
VERBS: dict[str, Callable[[ns.Dipole], object]] = {
    "recoil_rate": lambda s: recoil_rate([0.0, 1e-12, 1e-4, 1.0], SOURCE, TARGET, s),
    "scattering_rate": lambda s: scattering_rate(SOURCE, TARGET, s),
    "sterile_rate": lambda s: sterile_rate(SOURCE, TARGET, s, 50.0),
    "photon_spectrum": lambda s: photon_spectrum([0.1, 3.0], SOURCE, TARGET, s, 50.0),
    "photon_angle_spectrum": lambda s: photon_angle_spectrum([-1.0, 0.3, 1.0], SOURCE, TARGET, s, 50.0),
    "recoil_bins": lambda s: recoil_bins(SOURCE, TARGET, s, np.array([0.0, 1e-5, 1e-3])),
    "sterile_bins": lambda s: sterile_bins(SOURCE, TARGET, s, 50.0)(s.mu),
    "expected_events": lambda s: ns.expected_events(NUCLEUS, s),
    "width": lambda s: ns.RADIATIVE.width(s),
    "photons": lambda s: [branching for branching, _ in ns.RADIATIVE.photons(s)],
}


EXTREMES = [(1e300, 1e-8), (1e100, 1e-8), (30.0, 1e150), (3.0, 1e150), (3.0, 1e-300), (1e-300, 1e-8), (0.0, 0.0)]


def made(m_N: float, mu: float) -> ns.Dipole:
    """A signal beyond the bounds of `Dipole`, as gradients and searches may come to."""
    signal: ns.Dipole = eqx.tree_at(lambda s: (s.m_N, s.mu), ns.Dipole(1.0, 1.0), (m_N, mu))
    return signal


@pytest.mark.parametrize(("m_N", "mu"), [(1e300, 1e-8), (3.0, 1e150)])
def test_signals_beyond_all_bounds_are_refused_in_one_line(m_N: float, mu: float) -> None:
    with pytest.raises(ValueError, match=r"^(m_N|mu) = [^\n]* is not allowed: [^\n]*$"):
        ns.Dipole(m_N, mu)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("m_N", "mu"), EXTREMES)
def test_no_number_is_lost(verb: str, m_N: float, mu: float) -> None:
    values = np.asarray(VERBS[verb](made(m_N, mu)), dtype=float)
    assert not np.isnan(values).any()
    assert np.all(values >= 0)
    if m_N > 10.0 and verb not in ("width", "photons"):
        assert not values.any()


def test_two_modes_of_the_greatest_widths_still_share() -> None:
    decay = ns.Decay((ns.Radiative(), ns.Invisible(1e300)))
    (share, _), *_ = decay.photons(made(3.0, 1e160))
    assert 0.0 <= float(share) <= 1.0
    assert math.isfinite(float(decay.width(made(3.0, 1e160))))
