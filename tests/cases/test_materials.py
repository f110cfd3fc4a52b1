"""Formulas of targets: what is read is what a person reads, all else is answered with one line and the cure."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import periodictable
import pytest
from hepunits import g
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from nushine import experiments
from nushine.cli import app
from nushine.constants import MASS_PER_ENERGY
from nushine.targets import compound, enriched, isotope, isotopes_of, mixture, stack
from nushine.targets.formulas import read
from nushine.targets.isotopes import natural

MINE = """
name: mine
source: {kind: reactor, cores: [{power: 4.25 GW, baseline: 72 m}]}
target: [{formula: FORMULA, mass: 1 kg}]
exposure: 1 year
path: 5 cm
recoil_window: [20 eV, 1 keV]
photon: {threshold: 100 keV}
"""

PLAIN = [
    *("Ge", "CaWO4", "Ca(WO4)", "Gd2(SO4)3", "(NH4)2SO4", "Al2(O)3", "Co", "CO", "CO2", "D2O", "T", "Ge[70]", "0.5Ge"),
    *("Ge0.5", "CaCO3+6H2O", "Fe2(SO4)3 + 7H2O", "H₂O", "Al₂O₃", "Hg0.8Cd0.2Te", "YBa2Cu3O6.93", "C12H22O11", "C60H2"),
    *("S8", "P4", "N2", "C15H11NO", "NaI(Tl)0.001", "Ca[48]WO4", "(Ge)76O2", "K2CO3", "HF", "NH3", "BN", "H2"),
    *("Be3Al2Si6O18", "2(NaI)", " CaWO4 "),
]


def shares(formula: str) -> dict[tuple[str, int], float]:
    """Shares of the isotopes, as periodictable reads the formula."""
    found: dict[tuple[str, int], float] = {}
    for atom, count in periodictable.formula(formula).atoms.items():
        symbol, A = periodictable.elements[atom.number].symbol, getattr(atom, "isotope", None)
        for (_, _, mass_number), share in [((0, 0, A), 1.0)] if A else natural(symbol).items():
            found[symbol, mass_number] = found.get((symbol, mass_number), 0.0) + count * share
    return {key: count / sum(found.values()) for key, count in found.items()}


@pytest.mark.parametrize("formula", PLAIN)
def test_what_everybody_reads_alike_is_read_as_periodictable_reads_it(formula: str) -> None:
    ours = read(formula)
    total = sum(ours.values())
    expected = shares("NaI" if formula == "2(NaI)" else formula.strip())  # it reads no factor before a bracket
    assert {(n.symbol, n.A): count / total for n, count in ours.items()} == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(
    "formula", ["95%wt Ge[70] // Ge", "20%wt Ge // 30 %wt Si // Al", "10%mass NaCl//H2O", "33.3%wt CaWO4 // Al2O3"]
)
def test_mixtures_are_by_weight(formula: str) -> None:
    ours = read(formula)
    total = sum(ours.values())
    # periodictable takes the rounded weights of elements there: 35.45 for Cl, whose isotopes give 35.4527
    assert {(n.symbol, n.A): count / total for n, count in ours.items()} == pytest.approx(shares(formula), rel=1e-4)


def test_a_mixture_of_formulas_is_that_of_parts() -> None:
    one, two = compound("30%wt CaWO4 // Al2O3"), mixture({"CaWO4": 0.3, "Al2O3": 0.7})
    by_label = dict.fromkeys(one.labels, 0.0)
    for label, number in zip(two.labels, np.asarray(two.number_per_mass), strict=True):
        by_label[label] += number
    np.testing.assert_allclose(one.number_per_mass, [by_label[label] for label in one.labels], rtol=1e-13)


@pytest.mark.parametrize("formula", ["95%wt Ge70 // Ge", "95%wt 70Ge // Ge", "95%wt Ge-70 // Ge"])
def test_an_isotope_in_a_mixture_is_one(formula: str) -> None:
    np.testing.assert_array_equal(list(read(formula).values()), list(read("95%wt Ge[70] // Ge").values()))


REFUSED = {
    # dopants and remarks
    **dict.fromkeys(["NaI(Tl)", "NaI (Tl)", "NaI(0.1%Tl)", "NaI(TlI)", "NaI:Tl", "NaI : Tl"], "write 'NaI'"),
    **dict.fromkeys(["CsI(Na)", "CsI(pure)", "CsI(Na,Tl)", "CsI:Tl"], "write 'CsI'"),
    **dict.fromkeys(["Ge (HP)", "Ge(HP)", "HPGe", "ge", "germanium"], "write 'Ge'"),
    "CaF2(Eu)": "write 'CaF2'",
    "ZnSe(Te)": "write 'ZnSe'",
    "LaBr3:Ce": "write 'LaBr3'",
    "Cs2LiYCl6:Ce": "write 'Cs2LiYCl6'",
    "Si(Li)": "write 'Si'",
    "CaWO4:0.1%": "write 'CaWO4'",
    "10%wt NaI(Tl) // Ge": "write 'NaI'",
    **{"Tl:NaI": "write 'NaI'", "Ce:YAG": "write 'Y3Al5O12'", "YAG:Ce": "write 'Y3Al5O12'", "LAr(Xe)": "write 'Ar'"},
    **{"Ti:sapphire": "write 'Al2O3'", "Si(111)": "write 'Si'", "Foo:Ce": "leave them out", ":": "leave them out"},
    # names, capitals, misprints
    **{"LAr": "write 'Ar'", "LXe": "write 'Xe'", "PPO": "write 'C15H11NO'", "PVT": "write 'C9H10'"},
    **{"PWO": "write 'PbWO4'", "plastic": "write 'C9H10'", "BGO": "write 'Bi4Ge3O12'", "Tin": "write 'Sn'"},
    **{"SIO2": "Write 'SiO2'", "CSI": "Write 'CsI'", "NAI": "unknown element A", "nai": "cannot be read"},
    **{"H20": "write 'H2O'", "H3": "'H[3]' for tritium", "CaW04": "cannot be read", "Al203": "is not known"},
    # isotopes without brackets in a compound
    **{"76GeO2": "Write 'Ge[76]O2'", "Ge76O2": "Write Ge[76]", "6LiF": "Write 'Li[6]F'", "2H2O": "Write 'H[2]2O'"},
    **{"H2O18": "is O18 the isotope", "Li6F": "Write Li[6]", "B10C": "Write B[10]", "⁷⁶GeO2": "Write 'Ge[76]O2'"},
    **{"Tl205I": "Write Tl[205]", "100MoO4": "Write 'Mo[100]O4'", "Ge76 ": ""},
    **{"40Ca100MoO4": "Write 'Ca[40]Mo[100]O4'", "Ca[40]100MoO4": "Write 'Ca[40]Mo[100]O4'"},
    **{"Zn100MoO4": "Write 'ZnMo[100]O4'", "6Li2100MoO4": "Write 'Li[6]2Mo[100]O4'", "Ca48TiO3": "Write Ca[48]"},
    **{"Ge(76)": "Write 'Ge[76]'", "Ge(76)O2": "Write 'Ge[76]O2'", "(76Ge)O2": "Write 'Ge[76]O2'"},
    **{"Li2(100)MoO4": "Write 'Li2Mo[100]O4'", "Li2(Mo100)O4": "Write 'Li2Mo[100]O4'"},
    **{"TeO2(130)": "Write 'Te[130]O2'", "40Ca100Mo16O4": "Write 'Ca[40]Mo[100]O[16]4'", "Zn82Se": "Write 'ZnSe[82]'"},
    # mixtures of another kind, amounts, densities
    **dict.fromkeys(["95% Ge[70] // Ge", "95%wt Ge[70]", "Ge//Si", "50%vol Si@2.3//Ge@5.3"], "mixtures are by weight"),
    **dict.fromkeys(["1 mm Si // 2 mm Ge", "5g NaCl // 50mL H2O@1", "76Ge 95%"], "mixtures are by weight"),
    **{"60%wt Ge // 40%wt Si // Al": "leave something", "5 g NaCl": "amounts", "H2O@1": "a density changes nothing"},
    **{"CaWO4 + Al2O3": "adds one formula unit", "CaSO4.2H2O": "CaSO4+2H2O", "CaSO4·2H2O": "CaSO4+2H2O"},
    **dict.fromkeys(["1%wt //", "5%wt // Si", "//", "%wt Ge // Si", "-5%wt Ge // Si"], "mixtures are by weight"),
    **{"50%wt Ge //  // Si": "mixtures are by weight", "120%wt Ge // Si": "leave something"},
    # charges, and symbols in capitals that are none
    **dict.fromkeys(["Na+", "H3O+", "Ca2+", "SO4--", "SO4^2-", "Cl-", "Na⁺", "Cl−"], "charges are not understood"),
    **{"CAF2": "is it Ca?", "AL2O3": "is it Al?", "CAWO4": "is it Ca?", "CDWO4": "Write 'CdWO4'"},
    # no substance
    **{
        "Na{+}": "neutral",
        "": "neutral",
        "Ge0": "neutral",
        "Si O2": "blanks",
        "Ge[75": "cannot be read",
        "()": "cannot be read",
    },
    **{"Ge-1": "cannot be read", "(((((((((((Ge)))))))))))": "cannot be read", "Ge" * 101: "at most 200 characters"},
}


@pytest.mark.parametrize(("formula", "cure"), [(f, c) for f, c in REFUSED.items() if c])
def test_what_may_mean_something_else_is_answered_with_the_cure(formula: str, cure: str) -> None:
    with pytest.raises(ValueError, match=r"formula|isotope") as caught:
        compound(formula)
    assert cure in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("formula", [f for f, cure in REFUSED.items() if cure.lower().startswith("write '")])
def test_what_the_cure_names_can_be_read(formula: str) -> None:
    with pytest.raises(ValueError, match="rite ") as caught:
        read(formula)
    found = re.search(r"[Ww]rite '([^']*)'", str(caught.value))
    assert found
    assert read(found[1])


@pytest.mark.parametrize("formula", ["(Zn)100MoO4", "Zn100Mo[100]O4", "C34H32ClFeN4O4", "CD3OD", "C32Si[28]"])
def test_counts_that_are_no_mass_numbers_stay_counts(formula: str) -> None:
    assert read(formula)


@given(st.text(max_size=300) | st.text("GeCaWO4HNI()[]{}0123456789.%/ wt+:@", max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_substance_or_one_line(text: str) -> None:
    try:
        atoms = read(text)
    except ValueError as error:
        assert len(str(error)) < 1500  # noqa: PT017
    else:
        assert atoms
        assert all(0 < number < np.inf for number in atoms.values())


def test_a_dopant_in_a_file_is_one_line_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(MINE.replace("FORMULA", "NaI(Tl)"))
    with pytest.raises(ValueError, match=r"mine\.yaml: target\[0\]\.formula: .*dopants .*: write 'NaI'"):
        experiments.load(file)


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: compound("Ge", "Helm"), "form_factor = 'Helm' is not allowed: give a class"),  # type: ignore[arg-type]
        (lambda: isotope("Ge76", form_factor=3), "form_factor = 3 is not allowed"),  # type: ignore[arg-type]
        (lambda: compound("Ge", spin=[]), "spin = [] is not allowed"),  # type: ignore[arg-type]
        (lambda: compound("Ge", spin=False), "spin = False is not allowed"),
        (lambda: isotope(76), "isotope 76 is not a name"),  # type: ignore[arg-type]
        (lambda: isotopes_of(76), "element 76 is not known"),  # type: ignore[arg-type]
        (lambda: mixture("Ge"), "mixture of 'Ge': give formulas or targets with their masses"),  # type: ignore[arg-type]
        (lambda: mixture(["Ge"]), "mixture of 'Ge'"),  # type: ignore[list-item]
        (lambda: mixture(3), "mixture of 3"),  # type: ignore[arg-type]
        (lambda: stack(["Ge"]), "isotope of a stack = 'Ge'"),  # type: ignore[list-item]
        (lambda: enriched("Ge", 0.86, "atoms"), "shares = 0.86: give a mapping"),  # type: ignore[arg-type]
        (lambda: enriched("Ge", {"Ge76": "86 %"}, "atoms"), "share of Ge76 = '86 %' is no"),  # type: ignore[dict-item]
        (lambda: enriched("Ge", {"Ge76": None}, "atoms"), "share of Ge76 = None is no"),  # type: ignore[dict-item]
    ],
)
def test_calls_with_what_is_no_such_thing_are_one_line(call: Callable[[], object], line: str) -> None:
    with pytest.raises(ValueError, match=re.escape(line)):
        call()


# Enrichment


def of_element(target: object, symbol: str, by_mass: bool) -> dict[str, float]:
    """Shares of the isotopes of an element."""
    number = np.asarray(target.number_per_mass) * (np.asarray(target.isotopes.m_atom) if by_mass else 1.0)
    own = {a: n for a, n in zip(target.labels, number, strict=True) if a.rstrip("0123456789") == symbol}
    return {label: n / sum(own.values()) for label, n in own.items()}


@pytest.mark.parametrize("by", ["atoms", "weight"])
def test_enriched_shares_are_those_asked_for_and_the_rest_is_natural(by: str) -> None:
    target, usual = enriched("GeO2", {"76Ge": 0.86, "Ge74": 0.1}, by), {n.label: a for n, a in natural("Ge").items()}
    found = of_element(target, "Ge", by == "weight")
    assert found["Ge76"] == pytest.approx(0.86, rel=1e-13)
    assert found["Ge74"] == pytest.approx(0.10, rel=1e-13)
    atoms = of_element(target, "Ge", by_mass=False)
    assert atoms["Ge70"] / atoms["Ge72"] == pytest.approx(usual["Ge70"] / usual["Ge72"], rel=1e-13)
    numbers = dict(zip(target.labels, np.asarray(target.number_per_mass), strict=True))
    oxygen = sum(n for label, n in numbers.items() if label.startswith("O"))
    assert oxygen / sum(numbers.values()) == pytest.approx(2 / 3, rel=1e-13)
    assert float(np.sum(target.number_per_mass * target.isotopes.m_atom)) * MASS_PER_ENERGY == pytest.approx(1)


def test_enrichment_by_weight_is_the_mixture_by_weight() -> None:
    # 95 % by weight of pure 70Ge in natural germanium, whose 70Ge has its share of the rest
    rest = of_element(compound("Ge"), "Ge", by_mass=True)["Ge70"]
    key, text = enriched("Ge", {"Ge70": 0.95 + 0.05 * rest}, "weight"), compound("95%wt Ge[70] // Ge")
    assert key.labels == text.labels
    np.testing.assert_allclose(key.number_per_mass, text.number_per_mass, rtol=1e-13)


@pytest.mark.parametrize(
    ("formula", "shares", "by", "line"),
    [
        ("Ge", {"Ge76": 1.2}, "atoms", "add up to 1 at most"),
        ("Ge", {"Ge76": 0.0}, "atoms", "above 0"),
        ("Ge", {"Ge76": float("nan")}, "atoms", "above 0"),
        ("Ge", {"Ge76": 0.5, "76Ge": 0.4}, "atoms", "each once"),
        ("Ge", {"Ge76": 0.5, "Si28": 0.4}, "atoms", "of one element"),
        ("Ge", {"Si28": 0.5}, "atoms", "must hold natural Si"),
        ("Ge[76]O2", {"Ge76": 0.5}, "atoms", "must hold natural Ge"),
        ("Ge", {"Ge76": 0.5}, "mass", "give 'atoms' or 'weight'"),
        ("Ge", {"Ge99": 0.5}, "atoms", "'Ge99' is not known"),
        ("LiF", {"Li6": 0.5, "Li7": 0.4}, "atoms", "all isotopes: to 1"),
    ],
)
def test_impossible_enrichments_are_one_line(formula: str, shares: dict[str, float], by: str, line: str) -> None:
    with pytest.raises(ValueError, match=r"enrichment of|isotope") as caught:
        enriched(formula, shares, by)  # type: ignore[arg-type]
    assert line in str(caught.value)


def enriched_file(block: str) -> str:
    return MINE.replace("formula: FORMULA", f"formula: Ge, enrichment: {block}")


def test_enrichment_is_a_key(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(enriched_file("{shares: {Ge76: 86 %}, by: weight}"))
    target = experiments.load(file).target
    assert target.name == "Ge (Ge76 86 % by weight)"
    assert of_element(target, "Ge", by_mass=True)["Ge76"] == pytest.approx(0.86)


@pytest.mark.parametrize(
    ("block", "line"),
    [
        ("{shares: {Ge76: 0.86}}", "'target[0].enrichment.by' is missing"),
        ("{shares: {Ge76: 0.86}, by: volume}", "target[0].enrichment.by"),
        ("{shares: {}, by: atoms}", "target[0].enrichment.shares"),
        ("{shares: {Ge76: 0.9, Ge74: 0.9}, by: atoms}", "add up to 1 at most"),
        ("{Ge76: 0.86, by: atoms}", "unknown key 'target[0].enrichment.Ge76'; allowed here are by, shares"),
    ],
)
def test_a_wrong_enrichment_is_one_line_with_the_file(block: str, line: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(enriched_file(block))
    with pytest.raises(ValueError, match=r"mine\.yaml: ") as caught:
        experiments.load(file)
    assert line in str(caught.value)


def test_info_shows_each_isotope_by_atoms_and_by_mass(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(enriched_file("{shares: {Ge70: 0.95}, by: atoms}"))
    result = CliRunner().invoke(app, ["info", str(file), "--json"])
    rows = {row["isotope"]: row for row in json.loads(result.stdout)["isotopes"]}
    assert rows["Ge70"]["atoms_percent"] == pytest.approx(95)
    assert rows["Ge70"]["mass_percent"] < 95  # it is lighter than the others
    assert sum(row["mass_percent"] for row in rows.values()) == pytest.approx(100)


def test_what_the_cure_gives_is_the_plain_crystal(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(MINE.replace("FORMULA", "NaI"))
    result = CliRunner().invoke(app, ["info", str(file), "--json"])
    # with one thallium for each NaI it would be 11013; four digits
    assert json.loads(result.stdout)["cevns_events"] == pytest.approx(8035, abs=1)


CUBES = """
geometry:
  kind: bodies
  cubes: [{formula: Ge, density: DENSITY, edge: 1 cm, counts: [2, 2, 2], pitch: 12 mm, centre: [0 mm, 0 mm, 0 mm]}]
  instrumented: {kind: sphere, centre: [0 mm, 0 mm, 0 mm], radius: 5 cm}
"""


@pytest.mark.parametrize(
    ("mass", "density", "says"),
    [
        ("42 g", "5.323 g/cm^3", None),  # 42.58 g
        ("1 kg", "5.323 g/cm^3", "Ge weigh 42.58 g, volume times density, where target[0] has 1000 g"),
        (
            "42.58 g",
            "5.3 kg/m^3",
            "Ge weigh 0.0424 g, volume times density, where target[0] has 42.58 g",
        ),
    ],
)
def test_crystals_weigh_what_the_target_does(mass: str, density: str, says: str | None, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(MINE.replace("FORMULA, mass: 1 kg", f"Ge, mass: {mass}") + CUBES.replace("DENSITY", density))
    if says is None:
        arrangement = experiments.load(file).arrangement
        assert arrangement is not None
        assert float(arrangement.mass(0)) / g == pytest.approx(8 * 5.323)
    else:
        with pytest.raises(ValueError, match=r"mine\.yaml: geometry: ") as caught:
            experiments.load(file)
        assert says in str(caught.value)
