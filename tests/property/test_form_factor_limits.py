"""Limits that hold for any nucleus."""

import numpy as np
from hepunits import fermi
from hypothesis import given, settings
from hypothesis import strategies as st

from nushine.constants import MASS_PER_ENERGY, hbar_c
from nushine.targets import Helm, KleinNystrand, SymmetrisedFermi, compound

FAMILIES = st.sampled_from([Helm, KleinNystrand, SymmetrisedFermi])
RADII = st.floats(0.8, 6.0)  # fm: from hydrogen to uranium
HEAVY = st.floats(2.4, 6.0)  # fm: from lithium on, where every family has a core


@given(FAMILIES, RADII, st.floats(1e-4, 1e-2))
@settings(max_examples=60, deadline=None)
def test_starts_as_the_rms_radius_says(family, r, qr):
    q2 = (qr * hbar_c / (r * fermi)) ** 2
    value = float(family.from_rms_radius(r * fermi)(q2))
    # The next term is (q r)^4 <r^4>/r^4 / 120 with <r^4> below 10 r^4 (Yukawa); plus rounding of F itself.
    assert abs(value - (1 - qr**2 / 6)) < 10 * qr**4 / 120 + 4e-16


@given(HEAVY, st.floats(0.0, 1.0))
@settings(max_examples=60, deadline=None)
def test_families_agree_at_small_momentum(r, qr):
    q2 = (qr * hbar_c / (r * fermi)) ** 2
    values = [float(family.from_rms_radius(r * fermi)(q2)) for family in (Helm, KleinNystrand, SymmetrisedFermi)]
    # Same rms radius; the fourth moments, between 25/21 r^4 (sphere) and 10/3 r^4 (pure Yukawa), differ.
    assert max(values) - min(values) <= 1.1 * (10 / 3 - 25 / 21) * qr**4 / 120 + 1e-15


@given(FAMILIES, HEAVY, st.floats(0.0, 1.0), st.floats(0.001, 1.0))
@settings(max_examples=60, deadline=None)
def test_decreases_before_the_first_zero(family, r, x, step):
    form_factor = family.from_rms_radius(r * fermi)
    q2 = np.array([x, x + step]) * (hbar_c / (r * fermi)) ** 2
    first, second = form_factor(q2)
    assert 0 < second < first <= 1


@given(
    st.dictionaries(st.sampled_from(["Ca", "W", "O", "Ge", "Si", "H", "Xe"]), st.integers(1, 9), min_size=1).filter(
        lambda atoms: len(atoms) > 1
    )
)
@settings(max_examples=30, deadline=None)
def test_a_formula_weighs_what_its_atoms_weigh(atoms):
    target = compound("".join(f"{symbol}{count}" for symbol, count in atoms.items()))
    numbers = dict(zip(target.labels, np.asarray(target.number_per_mass), strict=True))
    assert len(numbers) == len(target.labels)
    np.testing.assert_allclose(np.sum(target.number_per_mass * target.isotopes.m_atom) * MASS_PER_ENERGY, 1, rtol=1e-12)
    per_element = {
        symbol: sum(n for label, n in numbers.items() if label.rstrip("0123456789") == symbol) for symbol in atoms
    }
    unit = sum(per_element.values()) / sum(atoms.values())
    np.testing.assert_allclose(list(per_element.values()), [unit * n for n in atoms.values()], rtol=1e-13)
