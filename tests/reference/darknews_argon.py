"""What DarkNews generates on 40Ar: ``data/darknews_argon.csv`` and ``data/darknews_photon.csv`` beside this file.

``python darknews_argon.py`` in an interpreter that has DarkNews; no nushine needed, and no test needs DarkNews.

Each sample is one run of the generator for nu_e 40Ar -> N 40Ar, N -> nu gamma (Dirac, mu_tr = 1e-6 / GeV, both
helicities), with a constant flux between two energies, or in a band of relative width 1e-6. The weights of its events
are summed in bins of E_R and divided by flux, time and number of nuclei, which gives cross sections, averaged over the
flux. The same with each weight divided by the square of the form factor of DarkNews
(Fourier-Bessel) is the cross section on a pointlike nucleus.

The second table has numbers of the same process at one energy, up to m_N = 0.9 E_nu: the direction of the photon, the
width, and how many events are not usable.
"""

import contextlib
import hashlib
import io
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import DarkNews

FOLDER = Path(__file__).resolve().parent / "data"
SEED, NINT, WARMUP, BINS = 1, 1, (10, 10_000), 40
NEVAL, NEVAL_PHOTON = 800_000, 100_000
MU_TR = 1e-6
BAND = 1e-6
POTS, TONNES = 1e20, 1.0
EXPERIMENT = """name = "argon"
fluxfile = "argon.dat"
flux_norm = 1.0
erange = [{low!r}, {high!r}]
nuclear_targets = ['Ar40']
fiducial_mass_per_target = [{tonnes}]
POTs = {pots}
"""


class Sample(NamedTuple):
    """Energies of the neutrinos [MeV], mass of N [MeV], and whether N is Dirac or Majorana."""

    name: str
    E_nu_low: float
    E_nu_high: float
    m_N: float
    nature: str = "dirac"


def line(name: str, E_nu: float, m_N: float, nature: str = "dirac") -> Sample:
    """Neutrinos of (nearly) one energy; DarkNews needs a band."""
    return Sample(name, E_nu, E_nu * (1 + BAND), m_N, nature)


SPECTRA = (line("line", 6.0, 1.0), line("light", 6.0, 0.1), Sample("flat", 2.0, 9.0, 1.0))
PHOTONS = tuple(
    line(f"{nature}-{m_N:g}-{E_nu:g}", E_nu, m_N, nature)
    for nature in ("dirac", "majorana")
    for E_nu, m_N in ((6.0, 0.1), (6.0, 1.0), (6.0, 3.0), (6.0, 5.4), (1.0, 0.9))
)
COLUMNS = {
    "darknews_argon": {
        "sample": "see samples",
        "E_R_low": "lower edge of the bin of recoil energy [MeV]",
        "E_R_high": "upper edge [MeV]",
        "sigma": "cross section in the bin, averaged over the flux [cm2]",
        "sigma_error": "root of the sum of the squared weights [cm2]: too large, because the sampling is stratified",
        "sigma_pointlike": "the same without the form factor [cm2]",
        "sigma_pointlike_error": "its error [cm2]",
    },
    "darknews_photon": {
        "sample": "see samples",
        "sigma": "sum of all weights: cross section [cm2]",
        "cos_photon": "mean cosine in the rest frame of N between photon and direction of flight of N [1]",
        "cos_photon_error": "its error from the weights [1]",
        "cos_photon_flip": "the same for events in which the helicity flips [1]",
        "flip": "share of helicity flip in the sum of the weights [1]",
        "width_sampled": "hbar c / c tau of the events, over mu^2 m_N^3 / (16 pi), or twice that for Majorana [1]",
        "width_total": "the same for its closed formula (total_width) [1]",
        "negative": "share of events with negative weight [1]",
        "not_a_number": "share of events with NaN in a momentum [1]",
        "weight_not_a_number": "share of these in the sum of |weight| [1]",
    },
}


def generate(sample: Sample, neval: int) -> "DarkNews.GenLauncher":
    """Run DarkNews once, silently; its events are the frame `df` of the result."""
    with tempfile.TemporaryDirectory() as path, contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _generate(sample, neval, Path(path))


def _generate(sample: Sample, neval: int, path: Path) -> "DarkNews.GenLauncher":
    import DarkNews

    energies = np.geomspace(1e-4, 2e-2, 50)
    np.savetxt(path / "argon.dat", np.column_stack([energies, np.ones((50, 6))]))
    file = path / "argon.txt"
    low, high = sample.E_nu_low / 1e3, sample.E_nu_high / 1e3
    file.write_text(EXPERIMENT.format(low=low, high=high, tonnes=TONNES, pots=POTS), encoding="utf-8")
    generator = DarkNews.GenLauncher(
        experiment=str(file), nu_flavors=["nu_e"], decay_product="photon", nopelastic=True, HNLtype=sample.nature,
        m4=sample.m_N / 1e3, mu_tr_e4=MU_TR, neval=neval, nint=NINT, nint_warmup=WARMUP[0], neval_warmup=WARMUP[1],
        seed=SEED, pandas=False, loglevel="ERROR", path=str(path),
    )  # fmt: skip
    generator.run()
    return generator


def weights(generator: "DarkNews.GenLauncher") -> np.ndarray:
    """Cross section that each event stands for [cm2]."""
    case, name = generator.gen_cases[0], generator.experiment.NUCLEAR_TARGETS[0].name
    exposure = POTS * generator.experiment.NUMBER_OF_TARGETS[name] * (case.EMAX - case.EMIN)
    return generator.df["w_event_rate"].to_numpy().ravel() / exposure


def recoil_spectrum(generator: "DarkNews.GenLauncher", sample: Sample) -> np.ndarray:
    """Rows of the first table, without the name."""
    target = generator.experiment.NUCLEAR_TARGETS[0]
    E_R, weight = recoil_energies(generator), weights(generator)
    edges = np.geomspace(*_range(sample, target.mass), BINS + 1)
    form_factor = target.F1_EM(2 * target.mass * np.maximum(E_R, 0))
    columns = [edges[:-1] * 1e3, edges[1:] * 1e3]
    for w in (weight, weight / form_factor**2):
        sums = np.histogram(E_R, edges, weights=w)[0]
        columns += [sums, np.sqrt(np.histogram(E_R, edges, weights=w**2)[0])]
    return np.column_stack(columns)


def recoil_energies(generator: "DarkNews.GenLauncher") -> np.ndarray:
    """|P'|^2 / (P'^0 + m_A) [GeV], which keeps more digits than P'^0 - m_A; that where the direction is NaN."""
    p, m_A = generator.df["P_recoil"].to_numpy(), generator.experiment.NUCLEAR_TARGETS[0].mass
    precise = np.sum(p[:, 1:] ** 2, axis=1) / (p[:, 0] + m_A)
    return np.where(np.isnan(precise), p[:, 0] - m_A, precise)


def _range(sample: Sample, m_A: float) -> tuple[float, float]:
    """Well inside the limits, since DarkNews has the lower one to leading order in (m_N / E_nu)^2 only [GeV]."""
    E, m = sample.E_nu_high / 1e3, sample.m_N / 1e3
    return 1.5 * m**4 / (8 * m_A * E**2), 0.95 * 2 * E**2 / (m_A + 2 * E)


def photon(generator: "DarkNews.GenLauncher", sample: Sample) -> list[float]:
    """The row of the second table, without the name."""
    from DarkNews.const import get_decay_rate_in_cm

    events, weight, m_N = generator.df, weights(generator), sample.m_N / 1e3
    E_N, E_gamma = events["P_decay_N_parent", "0"].to_numpy(), events["P_decay_photon", "0"].to_numpy()
    cosine = (2 * E_gamma / E_N - 1) / np.sqrt(1 - (m_N / E_N) ** 2)
    mean = np.average(cosine, weights=weight)
    flip = (events["helicity"] == "flipping").to_numpy()
    bad = np.isnan(events[[c for c in events.columns if c[0].startswith("P_")]].to_numpy()).any(axis=1)
    width = MU_TR**2 * m_N**3 / (16 * np.pi) * (2 if sample.nature == "majorana" else 1)
    per_width = get_decay_rate_in_cm(1.0)
    return [
        weight.sum(),
        mean,
        np.sqrt(np.sum(weight**2 * (cosine - mean) ** 2)) / weight.sum(),
        np.average(cosine[flip], weights=weight[flip]),
        weight[flip].sum() / weight.sum(),
        per_width / events.attrs["N4_ctau0"] / width,
        generator.gen_cases[0].decay_case.total_width() / width,
        (weight < 0).mean(),
        bad.mean(),
        np.abs(weight[bad]).sum() / np.abs(weight).sum(),
    ]


def main() -> None:
    """Write both tables, and what they are."""
    rows = [(s.name, row) for s in SPECTRA for row in recoil_spectrum(generate(s, NEVAL), s)]
    write("darknews_argon", "Recoil energies of nu_e 40Ar -> N 40Ar through a magnetic moment", SPECTRA, NEVAL, rows)
    rows = [(s.name, photon(generate(s, NEVAL_PHOTON), s)) for s in PHOTONS]
    write(
        "darknews_photon",
        "Photon, width and failures of nu_e 40Ar -> N 40Ar, N -> nu gamma",
        PHOTONS,
        NEVAL_PHOTON,
        rows,
    )


def write(
    name: str, title: str, samples: Iterable[Sample], neval: int, rows: list[tuple[str, Sequence[float]]]
) -> None:
    """A table and its sidecar."""
    FOLDER.mkdir(exist_ok=True)
    table = FOLDER / f"{name}.csv"
    lines = [",".join(COLUMNS[name]), *(",".join([label, *(f"{x:.7e}" for x in row)]) for label, row in rows)]
    table.write_text("\n".join(lines) + "\n", encoding="ascii")
    versions = ", ".join(f"{package} {version(package)}" for package in ("DarkNews", "vegas", "numpy", "pandas"))
    columns = "\n".join(f'{column} = "{text}"' for column, text in COLUMNS[name].items())
    listed = "\n".join(
        f'{s.name} = {{ E_nu_low = {s.E_nu_low}, E_nu_high = {s.E_nu_high}, m_N = {s.m_N}, nature = "{s.nature}" }}'
        for s in ((s._replace(name=f'"{s.name}"')) for s in samples)
    )
    table.with_suffix(".toml").write_text(
        f"""title = "{title}, from the events of DarkNews"
paper = "A. M. Abdullahi et al., Comput. Phys. Commun. 297, 109075 (2024)"
arxiv = "2207.04137"
where = "output of the generator: {versions}"
licence = "numbers computed with DarkNews (MIT licence)"
sha256 = "{hashlib.sha256(table.read_bytes()).hexdigest()}"
script = "tests/reference/darknews_argon.py"

[columns]
{columns}

[samples]
{listed}

[settings]
mu_tr = {MU_TR}  # 1/GeV; DarkNews halves it for its vertex: it is mu of nushine in natural units
helicities = "both"
seed = {SEED}
neval = {neval}
nint = {NINT}
neval_warmup = {WARMUP[1]}
nint_warmup = {WARMUP[0]}
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
