"""Write the reactor tables of src/nushine/sources/data from the reference numbers in ../shared/data/reactor.

Run ``python tools/data/reactor_tables.py [folder of the reference numbers]``. The tables are published numbers (facts):
Vogel and Engel 1989 below 2 MeV, the exp-polynomials of Huber 2011 and of Mueller et al. 2011 for 238U, and the
relative errors of both papers (Huber: mean of the upward and downward total error, four decimals).
"""

import csv
import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "src" / "nushine" / "sources" / "data"
SHARED = ROOT.parent / "shared" / "data" / "reactor"

HUBER = "P. Huber, Phys. Rev. C 84, 024617 (2011)"
MUELLER = "Th. A. Mueller et al., Phys. Rev. C 83, 054615 (2011)"
SIDECARS = {
    "vogel_engel1989": {
        "title": "Antineutrinos per fission below 2 MeV",
        "paper": "P. Vogel and J. Engel, Phys. Rev. D 39, 3378 (1989)",
        "doi": "10.1103/PhysRevD.39.3378",
        "where": "Table II",
    },
    "exp_polynomials": {
        "title": "Antineutrinos per fission, 2-8 MeV: dN/dE = exp(sum_k a_k E^k) per MeV and fission, E in MeV",
        "paper": f"{HUBER} (235U, 239Pu, 241Pu); {MUELLER} (238U)",
        "arxiv": "1106.0687, 1101.2663",
        "where": "Huber Table III; Mueller Table VI",
    },
    "huber2011_uncertainty": {
        "title": "Relative 1 sigma of the antineutrino spectra of 235U, 239Pu and 241Pu",
        "paper": HUBER,
        "arxiv": "1106.0687",
        "where": "ancillary tables, total error, mean of upward and downward",
    },
    "mueller2011_uncertainty": {
        "title": "Relative 1 sigma of the antineutrino spectrum of 238U",
        "paper": MUELLER,
        "arxiv": "1101.2663",
        "where": "table of the 238U spectrum after 450 d",
    },
}
ISOTOPES = ("U235", "U238", "Pu239", "Pu241")
COLUMNS = {
    "vogel_engel1989": {"E_nu": "MeV"} | dict.fromkeys(ISOTOPES, "1/MeV/fission"),
    "exp_polynomials": {"model": "paper", "isotope": "that fissions"} | {f"a{k}": f"1/MeV^{k}" for k in range(6)},
    "huber2011_uncertainty": {"E_nu": "MeV"} | dict.fromkeys(("U235", "Pu239", "Pu241"), "1, relative"),
    "mueller2011_uncertainty": {"E_nu": "MeV", "U238": "1, relative"},
}


def read(folder: Path, stem: str) -> list[dict[str, str]]:
    """Rows of a reference table."""
    with (folder / f"{stem}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def vogel_engel(folder: Path) -> list[list[str]]:
    """Energies and spectra below 2 MeV."""
    rows = read(folder, "vogel_engel1989_lowE")
    return [["E_nu", "U235", "U238", "Pu239", "Pu241"], *(list(row.values()) for row in rows)]


def exp_polynomials(folder: Path) -> list[list[str]]:
    """Coefficients of the four spectra of the Huber-Mueller model."""
    names = ["model", "isotope", "a0", "a1", "a2", "a3", "a4", "a5"]
    wanted = {("Huber2011", "U235"), ("Huber2011", "Pu239"), ("Huber2011", "Pu241"), ("Mueller2011", "U238")}
    rows = read(folder, "exp_polynomial_coefficients")
    return [names, *([r[n] for n in names] for r in rows if (r["model"], r["isotope"]) in wanted)]


def huber_uncertainty(folder: Path) -> list[list[str]]:
    """Total relative error of the three spectra converted by Huber."""
    isotopes = ["U235", "Pu239", "Pu241"]
    tables = [read(folder, f"huber2011_table_{isotope}") for isotope in isotopes]
    rows = [[f"{float(r[0]['E_nu_MeV']):g}", *(_mean_error(x) for x in r)] for r in zip(*tables, strict=True)]
    return [["E_nu", *isotopes], *rows]


def mueller_uncertainty(folder: Path) -> list[list[str]]:
    """Relative error of the 238U spectrum."""
    rows = read(folder, "mueller2011_table")
    return [["E_nu", "U238"], *([r["E_nu_MeV"], r["U238_450d_u_per_MeV_per_fission"]] for r in rows)]


def _mean_error(row: dict[str, str]) -> str:
    return f"{(abs(float(row['tot_neg'])) + float(row['tot_pos'])) / 2:.4f}"


TABLES = {
    "vogel_engel1989": vogel_engel,
    "exp_polynomials": exp_polynomials,
    "huber2011_uncertainty": huber_uncertainty,
    "mueller2011_uncertainty": mueller_uncertainty,
}


def sidecar(stem: str, digest: str) -> str:
    """Text of the TOML file beside a table."""
    entries = SIDECARS[stem] | {"licence": "published facts", "sha256": digest}
    lines = [f'{key} = "{text}"' for key, text in entries.items()]
    lines += ['script = "tools/data/reactor_tables.py"', "", "[columns]"]
    return "\n".join(lines + [f'{name} = "{unit}"' for name, unit in COLUMNS[stem].items()]) + "\n"


def main(shared: Path, target: Path) -> None:
    """Write every table and its sidecar."""
    for stem, rows in TABLES.items():
        path = target / f"{stem}.csv"
        with path.open("w", newline="", encoding="ascii") as file:
            csv.writer(file, lineterminator="\n").writerows(rows(shared))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_suffix(".toml").write_text(sidecar(stem, digest), encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED, DATA)
