"""PDG codes."""

import pytest
from particle import PDGID

from nushine.events import particles


def test_codes_are_those_of_the_particle_package() -> None:
    for Z, A in ((1, 2), (6, 12), (32, 73), (74, 184), (92, 238)):
        code = PDGID(particles.nucleus(Z, A))
        assert code.is_nucleus
        assert (code.Z, code.A) == (Z, A)
    assert particles.nucleus(20, 40) == 1000200400
    assert particles.nucleus(1, 1) == 2212
    for flavour in ("e", "mu", "tau"):
        assert PDGID(particles.neutrino(flavour)).is_lepton
        assert PDGID(particles.neutrino(flavour)).charge == 0
        assert particles.neutrino(flavour, antineutrino=True) == -particles.neutrino(flavour)
    assert PDGID(particles.PHOTON).is_sm_gauge_boson_or_higgs
    for code in (particles.N, particles.N_PRIME):  # spin 1/2, neutral, and nothing of the Standard Model
        assert PDGID(code).is_valid
        assert PDGID(code).j_spin == 2
        assert PDGID(code).charge == 0
        assert not PDGID(code).is_sm_lepton


@pytest.mark.parametrize(("Z", "A"), [(0, 0), (33, 32), (-1, 3), (1, 0)])
def test_impossible_nuclei_are_refused(Z: int, A: int) -> None:
    with pytest.raises(ValueError, match=f"Z = {Z}, A = {A} is no nucleus"):
        particles.nucleus(Z, A)


def test_unknown_flavours_are_refused() -> None:
    with pytest.raises(ValueError, match="flavour = 'x' is not known: give 'e', 'mu' or 'tau'"):
        particles.neutrino("x")


def test_names() -> None:
    names = [particles.name(s * code) for code in (particles.N, particles.N_PRIME) for s in (1, -1)]
    assert names == ["N", "N_bar", "N'", "N'_bar"]
    assert [particles.name(code) for code in (-14, 22, 1000741840)] == ["nu_mu_bar", "gamma", "W184"]
    assert particles.name(123456789) == "123456789"
