"""Nuclear reactors: fission fractions, thermal power and baselines to an antineutrino flux. Chooz by name."""

from math import pi
from typing import Final

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from hepunits import GW, MeV, m
from jax import Array
from jax.core import Tracer
from jax.typing import ArrayLike

from nushine.numerics.checks import require_between, require_non_negative, require_positive
from nushine.numerics.compilation import needs_jax
from nushine.numerics.piecewise import Piecewise
from nushine.sources.base import ELECTRON, Beam, Source, Variation
from nushine.sources.reactor_spectra import HuberMueller, PerComponent, ReactorSpectra


class Core(eqx.Module):
    """One reactor core.

    Parameters
    ----------
    power : float
        Thermal power at full load [hepunits power], as in ``4.25 * GW``.
    baseline : float
        Distance from the core to the detector [mm].
    load_factor : float
        Mean power over full power in the time considered, from 0 to 1.

    """

    power: ArrayLike
    baseline: ArrayLike
    load_factor: ArrayLike = 1.0

    def __check_init__(self) -> None:
        require_non_negative("power of a core", self.power, "(hepunits)", "give a power as in 4.25 * GW")
        require_positive("baseline of a core", self.baseline, "mm")
        require_between("load_factor of a core", self.load_factor, 0.0, 1.0, cure="give a share, as 0.8 for 80 %")


class FissionFractions(eqx.Module):
    """Shares of the four isotopes in the fissions of a core; they add up to 1 within 0.001.

    Parameters
    ----------
    U235, U238, Pu239, Pu241 : float
        Fractions [1].

    Raises
    ------
    ValueError
        For a negative fraction and for fractions that do not add up to 1.

    """

    U235: ArrayLike
    U238: ArrayLike
    Pu239: ArrayLike
    Pu241: ArrayLike

    def __check_init__(self) -> None:
        shares = (self.U235, self.U238, self.Pu239, self.Pu241)
        for name, share in zip(("U235", "U238", "Pu239", "Pu241"), shares, strict=True):
            require_non_negative(f"fission fraction {name}", share)
        if not any(isinstance(share, Tracer) for share in shares):
            _require_sum_one(shares)


class EnergyPerFission(eqx.Module):
    """Thermal energy released per fission of each isotope [MeV]."""

    U235: ArrayLike
    U238: ArrayLike
    Pu239: ArrayLike
    Pu241: ArrayLike

    def __check_init__(self) -> None:
        energies = (self.U235, self.U238, self.Pu239, self.Pu241)  # as given: importing makes no array of JAX
        for name, energy in zip(("U235", "U238", "Pu239", "Pu241"), energies, strict=True):
            require_positive(f"energy per fission of {name}", energy, "MeV")


def _four(value: FissionFractions | EnergyPerFission) -> tuple[Array, Array, Array, Array]:
    U235, U238 = jnp.asarray(value.U235, dtype=float), jnp.asarray(value.U238, dtype=float)
    return U235, U238, jnp.asarray(value.Pu239, dtype=float), jnp.asarray(value.Pu241, dtype=float)


def _require_sum_one(shares: tuple[ArrayLike, ...]) -> None:
    total = np.sum(np.stack([np.asarray(share, dtype=float) for share in shares]), axis=0)
    if not np.all(np.abs(total - 1.0) <= 1e-3):
        worst = np.ravel(total)[np.argmax(np.abs(np.ravel(total) - 1.0))]
        raise ValueError(
            f"fission fractions add up to {worst:.4g}: they must add up to 1 within 0.001; divide each by their sum"
        )


DAYA_BAY_2021: Final = FissionFractions(U235=0.564, U238=0.076, Pu239=0.304, Pu241=0.056)
"""Mean of the Daya Bay cores (PWR). Daya Bay, Chin. Phys. C 45, 073001 (2021), arXiv:2102.04614."""

DAYA_BAY_2017: Final = FissionFractions(U235=0.561, U238=0.076, Pu239=0.307, Pu241=0.056)
"""Mean of the Daya Bay cores (PWR). Daya Bay, Chin. Phys. C 41, 013002 (2017), arXiv:1607.05378."""

DAYA_BAY_FRESH: Final = FissionFractions(U235=0.6564, U238=0.0750, Pu239=0.2310, Pu241=0.0377)
"""First of 20 burn-up groups (239Pu lowest). Daya Bay, Phys. Rev. Lett. 123, 111801 (2019)."""

DAYA_BAY_BURNT: Final = FissionFractions(U235=0.4928, U238=0.0768, Pu239=0.3562, Pu241=0.0742)
"""Last of 20 burn-up groups (239Pu highest). Daya Bay, Phys. Rev. Lett. 123, 111801 (2019)."""

TEXONO_2007: Final = FissionFractions(U235=0.56, U238=0.08, Pu239=0.30, Pu241=0.06)
"""Kuo-Sheng (BWR). TEXONO, Phys. Rev. D 75, 012001 (2007)."""

KOPEIKIN2004: Final = EnergyPerFission(201.92 * MeV, 205.52 * MeV, 209.99 * MeV, 213.60 * MeV)
"""V. Kopeikin, L. Mikaelyan, V. Sinev, Phys. At. Nucl. 67, 1892 (2004), hep-ph/0410100."""

MA2013: Final = EnergyPerFission(202.36 * MeV, 205.99 * MeV, 211.12 * MeV, 214.26 * MeV)
"""X. B. Ma et al., Phys. Rev. C 88, 014605 (2013), arXiv:1212.6625."""


class Reactor(eqx.Module):
    r"""Cores with common fuel, seen from one place.

    .. math:: \Phi(E_\nu) = \sum_c \frac{P_c\, \ell_c}{4\pi L_c^2 \sum_i f_i E_i}
              \Big[ \sum_i f_i S_i(E_\nu) + n_c \big(S_{^{239}U} + S_{^{239}Np}\big) \Big]

    Parameters
    ----------
    cores : tuple of Core
        Power P_c, baseline L_c and load factor of each.
    fractions : FissionFractions
        Shares f_i of the four isotopes in the fissions.
    energy_per_fission : EnergyPerFission
        Energies E_i [MeV].
    spectra : ReactorSpectra
        Antineutrinos per fission S_i and per decay; `HuberMueller` unless given.
    captures_per_fission : float
        Neutron captures on 238U per fission n_c; each is followed by one decay of 239U and one of 239Np.

    Notes
    -----
    Gradients of a flux with respect to powers, baselines, fission fractions and captures are exact. Left out: spent
    fuel; what the converted spectra, measured after 12 to 43 h of irradiation, lack of longer-lived fission products
    (a few per cent just above 2 MeV); oscillation by theta_13 (over 102 m 0.2 % of the electron antineutrinos at
    2 MeV, 0.9 % at 1 MeV, up to 8 % at and below 0.3 MeV).

    Examples
    --------
    >>> from hepunits import GW, MeV, cm, m, s
    >>> reactor = Reactor((Core(4.25 * GW, 72 * m),))
    >>> print(f"{float(reactor.source().total(1.8 * MeV) * (cm**2 * s)):.2g} per cm2 and s above 1.8 MeV")
    3.7e+11 per cm2 and s above 1.8 MeV

    """

    cores: tuple[Core, ...]
    fractions: FissionFractions = DAYA_BAY_2021
    energy_per_fission: EnergyPerFission = KOPEIKIN2004
    spectra: ReactorSpectra = eqx.field(default_factory=HuberMueller)
    captures_per_fission: ArrayLike = 0.6

    def __check_init__(self) -> None:
        if not self.cores:
            raise ValueError("a reactor without cores has no flux: give at least one Core")
        require_non_negative("captures_per_fission", self.captures_per_fission)

    @property
    @needs_jax
    def mean_energy_per_fission(self) -> Array:
        """Thermal energy per fission, averaged over the fission fractions [MeV]."""
        shares, energies = jnp.stack(_four(self.fractions)), jnp.stack(_four(self.energy_per_fission))
        return jnp.sum(shares * energies) / jnp.sum(shares)

    @property
    @needs_jax
    def fission_rate(self) -> Array:
        """Fissions per time of each core [1/ns], shape (number of cores,)."""
        powers = jnp.stack([jnp.asarray(core.power * core.load_factor, dtype=float) for core in self.cores])
        return powers / self.mean_energy_per_fission

    @property
    @needs_jax
    def fission_flux(self) -> Array:
        """Sum over the cores of fission rate / (4 pi L^2) [1/(mm^2 ns)]: the flux of one antineutrino per fission."""
        baselines = jnp.stack([jnp.asarray(core.baseline, dtype=float) for core in self.cores])
        return jnp.sum(self.fission_rate / (4 * pi * baselines**2))

    @property
    @needs_jax
    def per_fission(self) -> PerComponent[Array]:
        """Fissions of each isotope, and decays of 239U and 239Np, per fission."""
        captures = jnp.asarray(self.captures_per_fission, dtype=float)
        return PerComponent(*_four(self.fractions), captures, captures)

    @property
    @needs_jax
    def uncertainties(self) -> dict[str, Piecewise]:
        """Relative 1 sigma of the flux of each component [1] over E_nu [MeV]: that of its spectrum."""
        return self.spectra.uncertainties._asdict()

    @needs_jax
    def components(self) -> dict[str, Piecewise]:
        """Flux dPhi/dE_nu of each component [1/(mm^2 ns MeV)]; they add up to that of `source`."""
        rates = zip(self.per_fission, self.spectra.spectra, strict=True)
        fluxes = PerComponent(*(spectrum * (n * self.fission_flux) for n, spectrum in rates))
        return fluxes._asdict()

    @needs_jax
    def source(self, name: str = "reactor") -> Source:
        """All components together, as electron antineutrinos."""
        components, uncertainties = self.components(), self.uncertainties
        fluxes = list(components.values())
        coefficients = jnp.sum(jnp.stack([flux.coefficients for flux in fluxes]), axis=0)
        continuum = Piecewise(fluxes[0].knots, coefficients)
        variations = tuple(Variation(name, flux, uncertainties[name]) for name, flux in components.items())
        return Source(name, (Beam(continuum, flavour=ELECTRON, antineutrino=True),), variations)


def chooz_reactor(
    baselines: tuple[ArrayLike, ...] = (72 * m, 102 * m),
    power: ArrayLike = 4.25 * GW,
    load_factor: ArrayLike = 1.0,
    fractions: FissionFractions = DAYA_BAY_2021,
    captures_per_fission: ArrayLike = 0.6,
) -> Reactor:
    """Return the two N4 cores of Chooz as seen from the Very Near Site of NUCLEUS.

    Parameters
    ----------
    baselines : tuple of float
        Distances to the cores [mm].
    power : float
        Thermal power of each core [hepunits power].
    load_factor : float
        Mean power over full power, the same for both: 1 is full power. The yearly load factors of the cores
        averaged 0.77 (B1) and 0.75 (B2) in 2003-2019 and 0.63 and 0.56 in 2023-2024; both stood still in 2022
        (electrical, IAEA PRIS). For cores that differ, build a `Reactor`.
    fractions : FissionFractions
        Those of Chooz are not published for this purpose; the default is the mean of another PWR, Daya Bay.
    captures_per_fission : float
        Neutron captures on 238U per fission; 0 leaves 239U and 239Np out.

    Returns
    -------
    Reactor

    References
    ----------
    G. Angloher et al. (NUCLEUS), Eur. Phys. J. C 79, 1018 (2019), arXiv:1905.10258.

    """
    cores = tuple(Core(power, baseline, load_factor) for baseline in baselines)
    return Reactor(cores, fractions, captures_per_fission=captures_per_fission)


def chooz(
    baselines: tuple[ArrayLike, ...] = (72 * m, 102 * m),
    power: ArrayLike = 4.25 * GW,
    load_factor: ArrayLike = 1.0,
    fractions: FissionFractions = DAYA_BAY_2021,
    captures_per_fission: ArrayLike = 0.6,
) -> Source:
    """Antineutrino flux of Chooz at the Very Near Site; the parameters are those of `chooz_reactor`.

    Examples
    --------
    >>> from hepunits import cm, s
    >>> print(f"{float(chooz().total() * (cm**2 * s)):.3g}")
    2.03e+12

    """
    reactor = chooz_reactor(baselines, power, load_factor, fractions, captures_per_fission)
    return reactor.source("Chooz")
