"""Isotopes, compounds, mixtures and electrons: what is built, and what is refused."""

import hashlib
import tomllib
from importlib import resources

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import g, keV, kg

from nushine.constants import MASS_PER_ENERGY
from nushine.targets import (
    Helm,
    KleinNystrand,
    PointLike,
    SymmetrisedFermi,
    binding_energies,
    charge_radius,
    compound,
    electrons,
    isotope,
    isotopes_of,
    mixture,
    stack,
)

AVOGADRO = 6.02214076e23
# Molar masses [g/mol]: IUPAC standard atomic weights added up by hand; Li, which varies, at 6.9675 (mid-interval).
NAMED = {
    "Ge": 72.630,
    "Al2O3": 101.961,
    "CaWO4": 287.914,
    "Si": 28.085,
    "Ar": 39.948,
    "Xe": 131.293,
    "CsI": 259.810,
    "NaI": 149.894,
    "ZnWO4": 313.22,
    "LiF": 25.966,
}


@pytest.mark.parametrize(("formula", "molar_mass"), NAMED.items())
@pytest.mark.parametrize("family", [Helm, KleinNystrand, SymmetrisedFermi, PointLike])
def test_named_targets(formula, molar_mass, family):
    target = compound(formula, form_factor=family)
    atoms = {"Al2O3": 5, "CaWO4": 6, "ZnWO4": 6, "CsI": 2, "NaI": 2, "LiF": 2}.get(formula, 1)
    # Standard atomic weights are rounded and range over terrestrial samples: LiF by 0.1 %, the others by 0.01 %.
    per_gram = float(jnp.sum(target.number_per_mass)) * g
    np.testing.assert_allclose(per_gram, atoms * AVOGADRO / molar_mass, rtol=1e-3)
    total = float(jnp.sum(target.number_per_mass * target.isotopes.m_atom)) * MASS_PER_ENERGY
    np.testing.assert_allclose(total, 1.0, rtol=1e-12)
    assert len(target.labels) == target.isotopes.Z.size == target.number_per_mass.size


@pytest.mark.parametrize("name", ["Ge73", "73Ge", "Ge-73", "Ge[73]"])
def test_spellings_of_an_isotope(name):
    ge73 = isotope(name)
    assert (ge73.name, int(ge73.Z), int(ge73.N), float(ge73.spin)) == ("Ge73", 32, 41, 0.5)
    assert compound(name).labels == ("Ge73",)
    assert float(compound(name).number_per_mass[0]) == pytest.approx(
        1 / (float(ge73.m_atom) * MASS_PER_ENERGY), rel=1e-14
    )


def test_what_a_lone_symbol_with_a_number_means():
    assert compound("O2").labels == ("O16", "O17", "O18")
    assert compound("H2").labels == ("H1", "H2")
    assert compound("H[2]").labels == compound("2H").labels == ("H2",)
    assert compound("Ca[48]WO4").labels[0] == "Ca48"


@pytest.mark.parametrize("element", ["H", "Li", "O", "Ca", "Ge", "Xe", "W", "Gd"])
def test_abundances_sum_to_one(element):
    assert sum(fraction for _, fraction in isotopes_of(element)) == pytest.approx(1.0, rel=1e-15)


def test_default_and_chosen_spins():
    assert [float(i.spin) for i, _ in isotopes_of("Ge")] == [0, 0, 0.5, 0, 0]
    assert float(isotope("Gd157").spin) == 0.5  # not in the table: odd A
    assert float(isotope("Gd158").spin) == 0.0
    for spin, value in (("0", 0.0), (0, 0.0), (0.5, 0.5), ("1/2", 0.5)):
        assert float(isotope("Ge73", spin=spin).spin) == value
        assert np.all(np.asarray(compound("Ge", spin=spin).isotopes.spin) == value)


def test_form_factor_of_an_isotope():
    own = Helm.lewin_smith(73)
    assert isotope("Ge73", form_factor=own).form_factor is own
    family = isotope("Ge73", form_factor=KleinNystrand).form_factor
    assert float(family.rms_radius) == pytest.approx(charge_radius("Ge73").r_rms, rel=1e-14)
    with pytest.raises(ValueError, match=r"give the class, e\.g\. Helm"):
        compound("Ge", form_factor=own)


def test_radius_without_measurement_is_flagged():
    assert charge_radius("S33").status == "interpolated"
    assert charge_radius("Gd158").status == "systematics"
    # Systematics (Johnson and Soff 1985) against Angeli and Marinova's 158Gd, 5.1569 fm; two errors of 1.1 %.
    assert charge_radius("Gd158").r_rms / 1e-12 == pytest.approx(5.1569, rel=0.022)


def test_stack_and_vmap():
    target = compound("CaWO4")
    by_vmap = jax.vmap(lambda i, q2: i.Z**2 * i.form_factor(q2) ** 2, in_axes=(0, None))(target.isotopes, 100.0)
    one_by_one = [
        float(i.Z) ** 2 * float(i.form_factor(100.0)) ** 2 for i in (isotope(label) for label in target.labels)
    ]
    np.testing.assert_allclose(by_vmap, one_by_one, rtol=1e-14)
    stacked = stack([isotope(label) for label in target.labels])
    for a, b in zip(jax.tree.leaves(stacked), jax.tree.leaves(target.isotopes), strict=True):
        np.testing.assert_array_equal(a, b)
    assert all(leaf.dtype == jnp.float64 and not leaf.weak_type for leaf in jax.tree.leaves(target))


def test_stack_within_a_transformation():
    def second_radius(c):
        pair = [isotope("Ge70", form_factor=Helm.from_rms_radius(r)) for r in (c, 2 * c)]
        return stack(pair).form_factor.rms_radius[1]

    assert float(jax.grad(second_radius)(4e-12)) == pytest.approx(2.0, rel=1e-12)


def test_mixture_is_per_total_mass():
    nucleus = mixture({"CaWO4": 6.84 * g, "Al2O3": 4.41 * g})
    aluminium = [n for label, n in zip(nucleus.labels, nucleus.number_per_mass, strict=True) if label == "Al27"]
    assert float(aluminium[0]) * g == pytest.approx(2 * AVOGADRO / 101.961 * 4.41 / 11.25, rel=1e-5)
    total = float(jnp.sum(nucleus.number_per_mass * nucleus.isotopes.m_atom)) * MASS_PER_ENERGY
    assert total == pytest.approx(1.0, rel=1e-12)
    same = mixture([(compound("CaWO4"), 6.84), ("Al2O3", 4.41)])
    np.testing.assert_allclose(same.number_per_mass, nucleus.number_per_mass, rtol=1e-14)
    assert float(nucleus.electrons_per_mass) == pytest.approx(
        float((6.84 * compound("CaWO4").electrons_per_mass + 4.41 * compound("Al2O3").electrons_per_mass) / 11.25)
    )


def test_mixture_is_differentiable_in_the_masses():
    def electrons_of(mass):
        return mixture([("Ge", mass), ("Si", 1.0)]).electrons_per_mass

    ge, si = compound("Ge").electrons_per_mass, compound("Si").electrons_per_mass
    assert float(jax.grad(electrons_of)(1.0)) == pytest.approx(float(ge - si) / 4, rel=1e-12)


def test_free_electrons():
    per_gram = float(electrons("Ge").open_per_mass(0.0)) * g
    # 32 N_A / 72.630; the atomic weight is good to 1e-4.
    assert per_gram == pytest.approx(32 * AVOGADRO / 72.630, rel=1e-4)


def test_bound_electrons_open_with_the_recoil():
    xenon, per_atom = electrons("Xe", bound=True), AVOGADRO / 131.293 / g
    # Electrons of Xe by shell K2 L8 M18 N18 O8; edges K 34.6, L 4.8-5.5, M 0.68-1.15, N 0.068-0.21 keV.
    for E_R, number in ((40.0, 54), (20.0, 52), (3.0, 44), (0.5, 26), (0.05, 8), (0.001, 0)):
        assert float(xenon.open_per_mass(E_R * keV)) == pytest.approx(number * per_atom, rel=1e-5)
    assert xenon.open_per_mass(jnp.ones((2, 3))).shape == (2, 3)


def test_shells_of_the_user():
    ge = electrons("Ge", shells={32: [(11.1 * keV, 2)]})
    assert float(ge.open_per_mass(5 * keV) / ge.open_per_mass(20 * keV)) == pytest.approx(30 / 32, rel=1e-14)
    with pytest.raises(ValueError, match=r"Z = 32 hold 40 electrons: give at most 32"):
        electrons("Ge", shells={32: [(0.0, 40)]})
    with pytest.raises(ValueError, match=r"binding energies of Z = 32 = -1 MeV is not allowed"):
        electrons("Ge", shells={32: [(-1.0, 4)]})
    with pytest.raises(ValueError, match=r"Z = 82 has no shells in the table"):
        electrons("Pb", bound=True)


def test_shell_table_holds_neutral_atoms():
    # Zn, W and Na have loosely bound electrons without an X-ray edge: 4s2; 5d4 6s2; 3s1. Likewise Ca 4s2, Al 3p etc.
    missing = {Z: Z - sum(n for _, n in rows) for Z, rows in binding_energies().items()}
    assert {Z: n for Z, n in missing.items() if n} == {11: 1, 20: 2, 30: 2, 55: 1, 74: 6}
    assert all(B > 0 for rows in binding_energies().values() for B, _ in rows)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: isotope("Ge99"), "isotope 'Ge99' is not known: give one of Ge58 to Ge86; found in nature: Ge70,"),
        (lambda: isotope("Xx12"), "element 'Xx' is not known"),
        (lambda: isotope("germanium"), "isotope 'germanium' is not a name"),
        (lambda: isotope("Ge73", spin="3/2"), "spin = '3/2' is not allowed: give 0 or '1/2'"),
        (lambda: isotope("Ge73", spin=1), "spin = 1 is not allowed"),
        (lambda: isotopes_of("Tc"), "element 'Tc' has no tabulated natural abundances"),
        (lambda: compound("Ge99"), "isotope 'Ge99' is not known"),
        (lambda: compound("Ge[99]O2"), "isotope 'Ge[99]' is not known"),
        (lambda: compound("CaWoO4"), "formula 'CaWoO4' cannot be read"),
        (lambda: compound("cawo4"), "formula 'cawo4' cannot be read"),
        (lambda: compound(""), "formula '' is not a neutral substance"),
        (lambda: compound("Ca0"), "formula 'Ca0' is not a neutral substance"),
        (lambda: compound("Ge{2+}"), "is not a neutral substance"),
        (lambda: mixture({}), "mixture of nothing"),
        (lambda: mixture({"Ge": -1 * kg}), "mass of Ge = -.* is not allowed: give a finite mass above zero"),
        (lambda: mixture({"Ge": float("nan")}), "mass of Ge = nan is not allowed"),
        (lambda: mixture([(compound("Ge"), 1), (compound("Si", PointLike), 1)]), "form factors of different families"),
        (lambda: stack([]), "stack of nothing"),
    ],
)
def test_refused_in_one_line(make, message):
    with pytest.raises(ValueError, match=message.replace("[", r"\[").replace("{", r"\{")) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("stem", ["isotopes", "binding_energies"])
def test_tables_match_their_sidecars(stem):
    data = resources.files("nushine.targets") / "data"
    sidecar = tomllib.loads((data / f"{stem}.toml").read_text(encoding="utf-8"))
    table = (data / f"{stem}.csv").read_bytes()
    assert hashlib.sha256(table).hexdigest() == sidecar["sha256"]
    assert table.decode("ascii").splitlines()[0].split(",") == list(sidecar["columns"])
