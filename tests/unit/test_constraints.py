"""Published limits: loading by flavour, point in region, envelope, bad input."""

import numpy as np
import pytest
from matplotlib.path import Path as Polygon

from nushine import constraints
from nushine.constraints import Boundary, Kind, LimitFlavour

LOWER = [limit for limit in constraints.load() if limit.boundary is Boundary.LOWER]
CLOSED = [limit for limit in constraints.load() if limit.boundary is Boundary.CLOSED]


def by_name(limit):
    return limit.name


@pytest.mark.parametrize("limit", constraints.load(), ids=by_name)
def test_record_is_complete(limit):
    assert limit.m_N.shape == limit.mu.shape
    assert len(limit.m_N) >= (14 if limit.name == "lsnd_magill" else 25)  # which the paper draws with 14
    assert np.all(limit.m_N > 0)
    assert np.all((limit.mu > 1e-14) & (limit.mu < 1e-2))
    assert limit.cl in (0.90, 0.95)
    assert limit.convention in ("d", "mu")
    assert limit.label
    assert limit.paper
    assert limit.arxiv


@pytest.mark.parametrize("flavour", ["e", "mu", "tau"])
def test_flavour_takes_its_own_and_the_blind_limits(flavour):
    loaded = {limit.name: limit for limit in constraints.load(flavour)}
    assert {limit.flavour for limit in loaded.values()} == {LimitFlavour(flavour), LimitFlavour.UNIVERSAL}
    assert {"lep", "bbn", "sn1987a", "borexino", "xenon1t_electron", "borexino_superk"} <= set(loaded)
    assert f"superk_atmospheric_{flavour}" in loaded
    assert ("charm_ii" in loaded) == (flavour == "mu")
    assert ("donut" in loaded) == (flavour == "tau")
    assert ("lsnd" in loaded) == ("lsnd_magill" in loaded) == (flavour == "e")


def test_universal_moment_is_constrained_by_every_limit():
    assert tuple(limit.name for limit in constraints.load(LimitFlavour.UNIVERSAL)) == constraints.names()


def test_solar_limits_are_flagged():
    solar = {limit.name for limit in constraints.load() if limit.solar}
    assert solar == {"borexino", "xenon1t_electron", "xenon1t_nuclear", "borexino_superk"}


@pytest.mark.parametrize("name", ["nomad", "charm_ii"])
def test_mixed_conventions_are_flagged(name):
    assert "Mixed conventions" in constraints.get(name).note


def test_points_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        constraints.get("lep").mu[0] = 1.0


def test_unknown_names_are_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"flavour 'electron' is unknown: choose one of e, mu, tau, universal"):
        constraints.load("electron")
    with pytest.raises(ValueError, match=r"limit 'gemma' is unknown: choose one of borexino, "):
        constraints.get("gemma")


@pytest.mark.parametrize("limit", CLOSED, ids=by_name)
def test_closed_region_agrees_with_matplotlib(limit):
    rng = np.random.default_rng(7)
    low, high = np.log([limit.m_N.min(), limit.mu.min()]) - 0.3, np.log([limit.m_N.max(), limit.mu.max()]) + 0.3
    points = rng.uniform(low, high, size=(3000, 2))
    inside = Polygon(np.log(np.column_stack([limit.m_N, limit.mu]))).contains_points(points)
    m_N, mu = np.exp(points.T)
    assert 0.05 < inside.mean() < 0.95  # the sample has points of both kinds
    np.testing.assert_array_equal(constraints.excluded(limit, m_N, mu), inside)


@pytest.mark.parametrize("limit", LOWER, ids=by_name)
def test_lower_edge_excludes_everything_above_and_nothing_below(limit):
    # up to the last point: digitised walls wiggle by 0.6 % in mass
    m_N = np.geomspace(limit.m_N.min() * 1.0001, limit.m_N[-1] * 0.9999, 301)
    assert np.all(constraints.excluded(limit, m_N, limit.mu.max() * 1.01))
    assert not np.any(constraints.excluded(limit, m_N, limit.mu.min() * 0.99))


@pytest.mark.parametrize("limit", constraints.load(), ids=by_name)
def test_nothing_is_excluded_at_masses_outside_the_curve(limit):
    outside = np.array([[0.99 * limit.m_N.min()], [1.01 * limit.m_N.max()]])
    assert not np.any(constraints.excluded(limit, outside, np.geomspace(1e-14, 1e-1, 50)))


def test_excluded_broadcasts():
    limit = constraints.get("lep")
    assert constraints.excluded(limit, np.ones((4, 1)) * 10, np.geomspace(1e-8, 1e-6, 3)).shape == (4, 3)
    assert constraints.excluded(limit, 10.0, 1e-6).shape == ()


@pytest.mark.parametrize("flavour", list(LimitFlavour))
def test_envelope_is_where_the_first_limit_sets_in(flavour):
    m_N = np.geomspace(0.011, 1e5, 257)
    edge = constraints.envelope(flavour, m_N)
    limits = [x for x in constraints.load(flavour) if x.boundary is Boundary.LOWER and x.kind is Kind.LABORATORY]
    limits = [x for x in limits if not x.variant_of]
    finite = np.isfinite(edge)
    assert finite.sum() > 200
    some = np.zeros(finite.sum(), bool)
    for limit in limits:
        some |= constraints.excluded(limit, m_N[finite], edge[finite] * (1 + 1e-9))
        assert not np.any(constraints.excluded(limit, m_N[finite], edge[finite] * (1 - 1e-9)))
    assert np.all(some)


def test_variants_name_a_weaker_curve_of_the_same_data():
    variants = {limit.name: limit.variant_of for limit in constraints.load() if limit.variant_of}
    assert variants == {"lep": "lep_photon", "lsnd_magill": "lsnd", "donut_recomputed": "donut"}
    for name, of in variants.items():
        one, other = constraints.get(name), constraints.get(of)
        assert one.label != other.label
        assert (one.flavour, one.kind, other.variant_of) == (other.flavour, other.kind, "")
        strongest = {"variants": True, "flavour": one.flavour, "m_N": 30.0}
        assert constraints.envelope(**strongest) <= constraints.envelope(one.flavour, 30.0)


def test_lsnd_has_two_papers():
    assert constraints.get("lsnd").arxiv == "2105.09699"
    assert constraints.get("lsnd_magill").arxiv == "1803.03262"


def test_envelope_takes_variants_in_if_asked():
    assert constraints.envelope("e", 30.0) == pytest.approx(8.19e-9, rel=1e-2)  # of arXiv:2105.09699
    assert constraints.envelope("e", 30.0, variants=True) == pytest.approx(4.06e-9, rel=1e-2)  # of arXiv:1803.03262


def test_envelope_outside_all_curves_is_infinite():
    assert np.isinf(constraints.envelope("e", 1e-3))


def test_envelope_of_all_kinds_takes_stellar_cooling_in():
    assert constraints.envelope("e", 0.011, kind=None) < 3e-12 < constraints.envelope("e", 0.011)


def test_universal_envelope_is_the_strongest():
    m_N = np.geomspace(0.011, 1e3, 100)
    each = [constraints.envelope(flavour, m_N) for flavour in ("e", "mu", "tau")]
    np.testing.assert_array_equal(constraints.envelope("universal", m_N), np.min(each, axis=0))


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_bad_masses_and_moments(bad):
    with pytest.raises(ValueError, match=r"m_N = .* MeV is not allowed"):
        constraints.excluded(constraints.get("lep"), bad, 1e-8)
    with pytest.raises(ValueError, match=r"mu = .* mu_B is not allowed"):
        constraints.excluded(constraints.get("lep"), 1.0, bad)
    with pytest.raises(ValueError, match=r"m_N = .* MeV is not allowed"):
        constraints.envelope("e", bad)
