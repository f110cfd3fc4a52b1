import runpy
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import GW, MeV, cm, m, s

from nushine.sources.reactor import (
    DAYA_BAY_2021,
    MA2013,
    Core,
    EnergyPerFission,
    FissionFractions,
    Reactor,
    chooz,
    chooz_reactor,
)
from nushine.sources.reactor_spectra import CAPTURES, ISOTOPES, HuberMueller, TabulatedSpectra, joint_factors

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "reactor"
DATA = ROOT / "src" / "nushine" / "sources" / "data"
FLAT = ([1.0, 9.0], [2.0, 2.0])


def test_components_add_up_to_the_source() -> None:
    reactor = chooz_reactor()
    E_nu = np.geomspace(0.011, 9.9, 500)
    parts = sum(flux(E_nu) for flux in reactor.components().values())
    np.testing.assert_allclose(reactor.source().flux(E_nu), parts, rtol=1e-13)
    assert set(reactor.components()) == set(reactor.uncertainties) == {*ISOTOPES, *CAPTURES}


def test_range_is_10_keV_to_10_MeV_and_positive_inside() -> None:
    source = chooz()
    assert (source.beams[0].continuum.knots[0], source.E_max) == (0.010 * MeV, 10.0 * MeV)
    assert np.all(np.asarray(source.flux(np.geomspace(0.01, 10.0, 3000))) > 0)
    np.testing.assert_array_equal(source.flux([0.0099, 10.01]), 0.0)


def test_flux_scales_with_power_load_factor_and_inverse_square_of_the_baseline() -> None:
    one = Reactor((Core(1 * GW, 10 * m),)).source().total()
    np.testing.assert_allclose(Reactor((Core(3 * GW, 10 * m, 0.5),)).source().total(), 1.5 * one, rtol=1e-13)
    np.testing.assert_allclose(Reactor((Core(1 * GW, 20 * m),)).source().total(), one / 4, rtol=1e-13)
    np.testing.assert_allclose(Reactor((Core(1 * GW, 10 * m),) * 2).source().total(), 2 * one, rtol=1e-13)


def test_fission_rate_is_power_over_energy_per_fission() -> None:
    reactor = chooz_reactor()
    # 4.25e9 J/s / (205.301 MeV * 1.602176634e-13 J/MeV), with 205.301 = sum of f_i E_i by hand
    np.testing.assert_allclose(reactor.fission_rate * s, 4.25e9 / (205.30096 * 1.602176634e-13), rtol=1e-9)


def test_gradients_equal_finite_differences() -> None:
    def flux(x: jax.Array) -> jax.Array:
        """Move x from 235U to 239Pu, x GW to the first core, x captures and x m of the first baseline."""
        f = FissionFractions(0.564 - x[0], 0.076, 0.304 + x[0], 0.056)
        cores = (Core((4.25 + x[1]) * GW, (72 + x[3]) * m), Core(4.25 * GW, 102 * m))
        return Reactor(cores, f, captures_per_fission=0.6 + x[2]).source().total(1.0, 3.0) * (cm**2 * s)

    def by_hand(i: int, h: float = 1e-5) -> float:
        up, down = np.eye(4)[i] * h, -np.eye(4)[i] * h
        return float(flux(jnp.asarray(up)) - flux(jnp.asarray(down))) / (2 * h)

    gradient = jax.jit(jax.grad(flux))(jnp.zeros(4))
    # central difference with step 1e-5: rounding 1e-16/1e-5 relative to the flux, up to 1e-8 of these derivatives
    np.testing.assert_allclose(gradient, [by_hand(i) for i in range(4)], rtol=1e-7)


def test_first_use_inside_jit_leaks_no_tracer() -> None:
    from nushine.sources import reactor_spectra

    reactor_spectra._huber_mueller.cache_clear()
    inside = jax.jit(lambda n: chooz(captures_per_fission=n).total())(0.6)
    np.testing.assert_allclose(inside, chooz().total(), rtol=1e-13)


def test_joints_are_continuous() -> None:
    for spectrum in HuberMueller().spectra[:4]:
        for E in (1.0, 2.0, 8.0, 0.0625, 0.25):
            below, above = spectrum(E * (1 - 1e-12)), spectrum(E * (1 + 1e-12))
            np.testing.assert_allclose(below, above, rtol=1e-10)  # slope * 2e-12 and rounding


def test_step_at_the_end_of_ruthenium_106() -> None:
    for spectrum in HuberMueller().spectra[:4]:
        assert spectrum(0.0394 * (1 - 1e-9)) > 1.5 * spectrum(0.0394 * (1 + 1e-9))


def test_low_energy_interpolation_stays_between_its_points() -> None:
    table = np.genfromtxt(DATA / "vogel_engel1989.csv", delimiter=",", names=True)
    for name in ISOTOPES:
        E, S = table["E_nu"][3:9], table[name][3:9]  # 62.5 keV to 1 MeV: above 106Ru, below the blend
        spectrum = getattr(HuberMueller().spectra, name)
        np.testing.assert_allclose(spectrum(E), S, rtol=1e-10)
        for a, b, low, high in zip(E[:-1], E[1:], S[:-1], S[1:], strict=True):
            inside = np.asarray(spectrum(np.linspace(a, b, 50)[1:-1]))
            assert np.all(inside >= min(low, high) * (1 - 1e-9))
            assert np.all(inside <= max(low, high) * (1 + 1e-9))


def test_uncertainties_are_positive_and_published_between_2_and_8_MeV() -> None:
    errors = chooz_reactor().uncertainties
    for error in errors.values():
        assert np.all(np.asarray(error(np.geomspace(0.01, 10.0, 300))) > 0)
    np.testing.assert_allclose(errors["U235"]([2.0, 4.0, 8.0]), [0.0182, 0.0214, 0.0698], atol=1e-9)
    np.testing.assert_allclose(errors["U238"]([2.0, 5.5, 8.0]), [0.10, 0.15, 0.20], rtol=1e-12)


def test_joint_correction_is_within_the_stated_errors() -> None:
    factors, errors = joint_factors(), HuberMueller().uncertainties
    for name, f in factors.items():
        # published error at 2 MeV and our 5 % (238U: 10 %) for the low-energy table, in quadrature
        combined = np.hypot(getattr(errors, name)(2.0), getattr(errors, name)(1.0))
        assert abs(f - 1) < combined, name


def test_own_tables() -> None:
    spectra = TabulatedSpectra(FLAT, FLAT, FLAT, FLAT, relative_error=0.02, paper="mine")
    reactor = Reactor((Core(1 * GW, 10 * m),), spectra=spectra, captures_per_fission=0.0)
    np.testing.assert_allclose(reactor.source().total(), 16.0 * reactor.fission_flux, rtol=1e-12)
    np.testing.assert_allclose(reactor.uncertainties["Pu239"](3.0), 0.02, rtol=1e-12)
    with_captures = Reactor((Core(1 * GW, 10 * m),), spectra=spectra)
    captured = with_captures.source().total() - reactor.source().total()
    np.testing.assert_allclose(captured, 1.2 * reactor.fission_flux, rtol=1e-3)  # 10 keV cut, below 1e-4
    assert spectra.paper == "mine"


def test_own_tables_from_csv(tmp_path: Path) -> None:
    path = tmp_path / "flat.csv"
    path.write_text("E_nu,S\n1,2\n9,2\n")
    spectra = TabulatedSpectra.from_csv(path, path, path, path)
    np.testing.assert_allclose(spectra.spectra.U238([0.5, 5.0]), [0.0, 2.0], atol=1e-14)
    path.write_text("E_nu,S\n9,2\n1,2\n4,2\n")
    with pytest.raises(ValueError, match=r"flat\.csv, row 3: energy 1 MeV comes after 9 MeV"):
        TabulatedSpectra.from_csv(path, path, path, path)
    path.write_text("E_nu [MeV],S [1/(MeV fission)]\n1,2\n9,2\n")
    np.testing.assert_allclose(TabulatedSpectra.from_csv(path, path, path, path).spectra.U238(5.0), 2.0, atol=1e-14)
    path.write_text("E_nu,error\n1,2\n9,2\n")
    with pytest.raises(ValueError, match=r"'error' are not plainly an energy and a flux: .* as in E_nu,S"):
        TabulatedSpectra.from_csv(path, path, path, path)
    path.write_text("# nu per fission and keV\n1000,2\n9000,2\n")
    with pytest.raises(ValueError, match="speaks of keV: give everything in MeV and per fission"):
        TabulatedSpectra.from_csv(path, path, path, path)
    path.write_text("E_nu [keV],S\n1000,2\n9000,2\n")
    with pytest.raises(ValueError, match=r"flat\.csv, row 1: energies in keV: give them in MeV"):
        TabulatedSpectra.from_csv(path, path, path, path)


def test_fractions_must_add_up() -> None:
    with pytest.raises(ValueError, match=r"add up to 0\.9: .* divide each by their sum"):
        FissionFractions(0.5, 0.1, 0.2, 0.1)
    with pytest.raises(ValueError, match=r"fission fraction U238 = -0\.1 is not allowed"):
        FissionFractions(0.6, -0.1, 0.4, 0.1)
    with pytest.raises(ValueError, match="fission fraction Pu241 = nan is not allowed"):
        FissionFractions(0.6, 0.1, 0.3, float("nan"))
    assert FissionFractions(0.5705, 0.076, 0.2984, 0.056).U235 == 0.5705  # 1.0009 passes


def test_other_wrong_input() -> None:
    with pytest.raises(ValueError, match="power of a core = -1 "):
        Core(-1.0, 10 * m)
    with pytest.raises(ValueError, match="baseline of a core = 0 mm"):
        Core(1 * GW, 0.0)
    with pytest.raises(ValueError, match="load_factor of a core = nan"):
        Core(1 * GW, 10 * m, float("nan"))
    with pytest.raises(ValueError, match=r"captures_per_fission = -0\.6"):
        chooz(captures_per_fission=-0.6)
    with pytest.raises(ValueError, match="give at least one Core"):
        Reactor(())
    with pytest.raises(ValueError, match="energy per fission of Pu239 = 0 MeV"):
        EnergyPerFission(200.0, 200.0, 0.0, 200.0)


def test_energies_per_fission_by_ma_lower_the_flux() -> None:
    # the mean energy of Ma et al. 2013 is 0.32 % above that of Kopeikin et al. 2004
    cores = chooz_reactor().cores
    ratio = Reactor(cores, DAYA_BAY_2021, MA2013).source().total() / chooz().total()
    np.testing.assert_allclose(ratio, 205.30096 / 205.96532, rtol=1e-6)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the reference numbers (../shared/data) are not here")
def test_tables_can_be_rebuilt(tmp_path: Path) -> None:
    runpy.run_path(str(ROOT / "tools" / "data" / "reactor_tables.py"))["main"](SHARED, tmp_path)
    for path in sorted(tmp_path.iterdir()):
        assert path.read_text() == (DATA / path.name).read_text(), path.name
    assert len(list(tmp_path.iterdir())) == 8


def test_beta_branches_can_be_rebuilt() -> None:
    package = pytest.importorskip("importlib.util").find_spec("paceENSDF")
    if package is None:
        pytest.skip("paceENSDF is not installed")
    branches = runpy.run_path(str(ROOT / "tools" / "data" / "beta_branches.py"))["branches"]
    archive = Path(str(package.origin)).parent / "ENSDF_JSON"
    rows = [row for parent in ("U239", "Np239", "Ru106") for row in branches(parent, archive)]
    assert [",".join(row) for row in rows] == (DATA / "beta_branches.csv").read_text().splitlines()[1:]
