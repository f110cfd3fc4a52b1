"""Texts that people write for numbers: either the number that a person reads in them, or one line with a cure."""

import math
import time

import hepunits as u
import pytest

from nushine.config import number, quantity

YEAR = 365.25 * u.day
DRU = 1 / (u.keV * u.kg * u.day)

READ = [
    ("1 kg", "1.5 kg", 1.5 * u.kg),
    ("1 kg", "5 g", 5 * u.g),
    ("1 kg", "5 µg", 5e-6 * u.g),  # micro sign
    ("1 kg", "5 μg", 5e-6 * u.g),  # Greek letter
    ("1 kg", "2 t", 2000 * u.kg),
    ("1 kg", "1.5e-3kg", 1.5 * u.g),
    ("1 kg", ".5 kg", 500 * u.g),
    ("1 kg", "+5 kg", 5 * u.kg),
    ("1 kg", "1\u00a0kg", u.kg),
    ("1 kg", "1\u202fkg", u.kg),
    ("1 kg", "1 * kg", u.kg),
    ("5 cm", "-1 m", -1000.0),
    ("20 eV", "20 eVnr", 20e-6),
    ("20 eV", "0.2 keVee", 0.2e-3),
    ("20 eV", "1 J", u.joule),
    ("1 W", "4.25 GW", 4.25 * u.GW),
    ("1 W", "4.25 GWth", 4.25 * u.GW),
    ("1 year", "1 d", u.day),
    ("1 year", "90 min", 5400 * u.s),
    ("1 year", "1 h", 3600 * u.s),
    ("1 year", "2 weeks", 14 * u.day),
    ("1 year", "6 months", YEAR / 2),
    ("1 year", "1 yr", YEAR),
    ("5.3 g/cm^3", "5.3 g/cm3", 5.3 * u.g / u.cm3),
    ("5.3 g/cm^3", "5.3 g/cm**3", 5.3 * u.g / u.cm3),
    ("5.3 g/cm^3", "5.3 g cm^-3", 5.3 * u.g / u.cm3),
    ("5.3 g/cm^3", "5.3 g·cm⁻³", 5.3 * u.g / u.cm3),
    ("5.3 g/cm^3", "5.3 g cm-3", 5.3 * u.g / u.cm3),
    ("100 / (keV kg day)", "100 /(keV kg day)", 100 * DRU),
    ("100 / (keV kg day)", "100 / (keV*kg*day)", 100 * DRU),
    ("100 / (keV kg day)", "100 (keV kg day)^-1", 100 * DRU),
    ("100 / (keV kg day)", "100 counts/keV/kg/day", 100 * DRU),
    ("100 / (keV kg day)", "100 counts / (keV kg day)", 100 * DRU),
    ("100 / (keV kg day)", "100 events per keV per kg per day", 100 * DRU),
    ("100 / (keV kg day)", "100 counts keV^-1 kg^-1 d^-1", 100 * DRU),
    ("100 / (keV kg day)", "100 dru", 100 * DRU),
    ("100 / (keV kg day)", "1 kdru", 1000 * DRU),
    ("100 / (keV kg day)", "3 cpd/kg/keV", 3 * DRU),
    ("1 / (kg day)", "3 mBq/kg", 3e-3 / u.s / u.kg),
    ("1 / (kg day)", "3 cpd/kg", 3 / u.day / u.kg),
    ("1e16 / s", "1e16 protons/s", 1e7),
    ("1e16 / s", "62 PBq", 62e6),
    ("1e16 / s", "1 MCi", 3.7e16 / u.s),
]


@pytest.mark.parametrize(("like", "text", "value"), READ)
def test_what_a_person_reads(like: str, text: str, value: float) -> None:
    assert quantity(text, like) == pytest.approx(value, rel=1e-14)  # rounded to 15 digits


REFUSED = [
    ("1 kg", "1,5 kg", "write 1.5"),
    ("20 eV", "0,02 keV", "write 0.02"),
    ("1 kg", "1,500 kg", "write 1.500, or 1500"),
    ("1 kg", "1.234,5 kg", "with a point and no comma"),
    ("1 kg", "1 500 kg", "without gaps"),
    ("1 kg", "1\u202f500 kg", "without gaps"),
    ("1 kg", "1'500 kg", "without gaps or marks"),
    ("1 kg", "1_000 kg", "without gaps or marks"),
    ("1 kg", "2 3 kg", "one number"),
    ("4.25 GW", "3 4.25 GW", "one number"),
    ("1 kg", "1.234.5 kg", "one point"),
    ("20 eV", "20(3) eV", "uncertainties have keys of their own"),
    ("4.25 GW", "3.0(1) GW", "uncertainties have keys of their own"),
    ("20 eV", "20±3 eV", "uncertainties have keys of their own"),
    ("20 eV", "20 ± 3 eV", "uncertainties have keys of their own"),
    ("20 eV", "20 +- 3 eV", "uncertainties have keys of their own"),
    ("20 eV", "20 +/- 3 eV", "uncertainties have keys of their own"),
    ("5 cm", "10–12 m", "a range"),  # en dash
    ("5 cm", "10-12 m", "a range"),
    ("5 cm", "10 to 12 m", "a range"),
    ("5 cm", "10..12 m", "a range"),
    ("5 cm", "−5 m", "minus sign as -"),  # Unicode minus
    ("1 kg", "٣ kg", "digits 0 to 9"),
    ("1 kg", "５ kg", "digits 0 to 9"),
    ("1 kg", "0x10 kg", "digits 0 to 9"),
    ("1 kg", "010 kg", "without zeros"),
    ("1 kg", "½ kg", "decimal number"),
    ("1 kg", "1/2 kg", "decimal number"),
    ("1 kg", "kg 1", "the number comes first"),
    ("1 kg", "1e", "unit 'e' is unknown: known are"),
    ("1 kg", "1 e3 kg", "unit 'e' is unknown"),
    ("1 kg", "inf kg", "finite"),
    ("1 kg", "nan kg", "finite"),
    ("1 kg", "1e400 kg", "finite"),
    ("20 eV", "5e-324 eV", "too small"),
    ("20 eV", "1e-999 eV", "too small"),
    ("1 kg", "1 kg + 1 g", "sums"),
    ("1 kg", "1 kg kg^-1", "kg stands there twice"),
    ("5 cm", "5 cm cm", "cm stands there twice"),
    ("5 cm", "1 m^0.5", "whole numbers"),
    ("5 cm", "1 m^(1/2)", "whole numbers"),
    ("5 cm", "1 cm^999999999", "whole numbers"),
    ("5 cm", "1 cm^9^9^9", "whole numbers"),
    ("5 cm", "9**9**9 cm", "as in 1.5e3"),
    ("5 cm", "5 x 10^3 cm", "as in 1.5e3"),
    ("5 cm", "5·10³ cm", "as in 1.5e3"),
    ("5 cm", "5*3 cm", "as in 1.5e3"),
    ("1 kg", "10 gr", "write g"),
    ("1 kg", "1 ton", "write t"),
    ("1 kg", "1 tons", "write t"),
    ("3 MeV", "3 meV", "write MeV"),
    ("3 MeV", "3 KeV", "write keV"),
    ("3 MeV", "3 MeV/c^2", "given as energies"),
    ("4.25 GW", "1 GWe", "thermal power"),
    ("1 year", "1 a", "write year"),
    ("5 cm", "5 degC", "temperatures"),
    ("5 cm", "5 in", "unit 'in' is unknown"),
    ("100 / (keV kg day)", "1 / keV kg day", "use brackets"),
    ("100 / (keV kg day)", "1 counts/keV*kg*day", "use brackets"),
    ("5 cm", "5 kg", "give a number with such a unit"),
    ("1 kg", "1 kg count", "give a number with such a unit"),
    ("5 cm", "5", "give a number with such a unit"),
    ("5 cm", "", "give a number with such a unit"),
    ("5 cm", "5 cm\x00", "not understood"),
    ("5 cm", "5\u200bcm", "not understood"),
    ("5 cm", "5 cm # wide", "not understood"),
    ("5 cm", "__import__('os')", "not understood"),
    ("5 cm", "5 " + "(" * 60 + "cm" + ")" * 60, "brackets"),
    ("5 cm", "1" * 1_000_000 + " cm", "1000003 characters"),
    ("5 cm", "cm" * 1_000_000, "2000000 characters"),
]


@pytest.mark.parametrize(("like", "text", "cure"), REFUSED, ids=[text[:20] for _, text, _ in REFUSED])
def test_what_would_be_read_wrong_is_refused_with_a_cure(like: str, text: str, cure: str) -> None:
    start = time.process_time()
    with pytest.raises(ValueError, match=r"is not a (quantity|finite number)") as caught:
        quantity(text, like)
    line = str(caught.value)
    assert cure in line
    assert line.isprintable()
    assert len(line) < 300
    assert time.process_time() - start < 1  # it takes microseconds


@pytest.mark.parametrize(("value", "read"), [(0.8, 0.8), (1, 1.0), ("0.8", 0.8), ("80 %", 0.8), ("2.5%", 0.025)])
def test_pure_numbers(value: object, read: float) -> None:
    assert number(value) == pytest.approx(read, rel=1e-15)


@pytest.mark.parametrize(
    "value",
    [
        True,
        False,
        None,
        [],
        math.nan,
        math.inf,
        10**400,
        "yes",
        "on",
        "1:30",
        "010",
        "1_000",
        "0,8",
        "0.8 kg",
        "5 counts",
    ],
)
def test_what_is_no_number(value: object) -> None:
    with pytest.raises(ValueError, match=r"is not a (finite )?number") as caught:
        number(value)
    assert len(str(caught.value)) < 200
