"""Rebuild the table of shell binding energies from the PyPI package xraydb (needs `pip install xraydb`).

python tools/data/binding_energies.py             rebuild
python tools/data/binding_energies.py --check     fail if a rebuild would change the table
"""

import argparse
import hashlib
import re
from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "src" / "nushine" / "targets" / "data" / "binding_energies.csv"
ELEMENTS = ["Li", "O", "F", "Na", "Al", "Si", "Ar", "Ca", "Zn", "Ge", "I", "Xe", "Cs", "W"]
# Madelung order, which holds for every element above.
FILLING = ["1s", "2s", "2p", "3s", "3p", "4s", "3d", "4p", "5s", "4d", "5p", "6s", "4f", "5d", "6p"]


def occupations(Z: int) -> dict[str, int]:
    """Electrons of the neutral atom by X-ray shell: of the two subshells of one l, j = l - 1/2 fills first."""
    shells: dict[str, int] = {}
    left = Z
    for orbital in FILLING:
        n, ell = int(orbital[0]), "spdf".index(orbital[1])
        for index, capacity in ((2 * ell, 2 * ell), (2 * ell + 1, 2 * ell + 2)):
            number = min(left, capacity)
            left -= number
            if number:
                letter = "KLMNOP"[n - 1]
                shells[letter if n == 1 else f"{letter}{index}"] = number
    return shells


def rebuilt() -> str:
    """The table as text; shells without an edge are left out (and then count as free)."""
    import xraydb

    lines = ["symbol,Z,shell,electrons,binding_eV"]
    for symbol in ELEMENTS:
        Z = xraydb.atomic_number(symbol)
        edges = {shell: edge.energy for shell, edge in xraydb.xray_edges(symbol).items()}
        rows = [(shell, n, edges[shell]) for shell, n in occupations(Z).items() if shell in edges]
        rows.sort(key=lambda row: list(edges).index(row[0]))
        lines += [f"{symbol},{Z},{shell},{n},{energy:g}" for shell, n, energy in rows]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Rebuild the table and its checksum in the sidecar, or check it."""
    parser = argparse.ArgumentParser(description="Rebuild the table of binding energies.")
    parser.add_argument("--check", action="store_true", help="compare only")
    text = rebuilt()
    if parser.parse_args().check:
        raise SystemExit(0 if TABLE.read_text() == text else "the table differs from a rebuild")
    TABLE.write_text(text, encoding="ascii")
    sidecar = TABLE.with_suffix(".toml")
    digest = hashlib.sha256(TABLE.read_bytes()).hexdigest()
    sidecar.write_text(re.sub(r'sha256 = ".*"', f'sha256 = "{digest}"', sidecar.read_text()))


if __name__ == "__main__":
    main()
