"""Events with exact two-body kinematics and known numbers, made without the generator, for the tests of files."""

import sys
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from nushine.events.record import BLOCK, COLUMNS, Events, RunCard

FloatArray = npt.NDArray[np.float64]

M_N, M_A = 3.0, 67911.48


def card(n: int, **changes: Any) -> RunCard:
    """A run card of an up-scattering sample."""
    fields: dict[str, Any] = {
        "experiment": "nucleus-1kg",
        "target": "Ge",
        "source": "reactor",
        "process": "nu A -> N A",
        "channel": "coincidence",
        "nature": "Dirac",
        "m_N": M_N,
        "mu": 1e-8,
        "modes": ("Radiative",),
        "n": n,
        "seed": 1,
        "rate": 1.25e-18,
        "rate_per_year": 0.1 * np.pi,
        "cross_section": 1.2345678901234567e-43,
        "exposure": 3.15e16,
        "version": "0.1.dev0",
        "settings": '{"path_mm": 50.0, "window_MeV": [2e-05, 0.001], "text": "<a & \\"b\\" | c\\\\d>"}',
    }
    return RunCard(**{**fields, **changes})


def made(n: int, start: int = 0, decays: bool = True, **changes: Any) -> Events:
    """Events `start` to `start + n`: the same for an event however the sample is cut."""
    blocks = range(start // BLOCK, -(-(start + n) // BLOCK))
    parts = [_block(number, decays) for number in blocks]
    low = start % BLOCK
    columns = {c.name: np.concatenate([part[c.name] for part in parts])[low : low + n].astype(c.dtype) for c in COLUMNS}
    return Events(columns, card(n, **changes))


def chunks(n: int, size: int, start: int = 0, decays: bool = True, **changes: Any) -> Any:
    """Events from `start` to n in pieces, with the card of all n."""
    for low in range(start, n, size):
        yield Events(made(min(size, n - low), low, decays).columns, card(n, **changes))


def boost(
    p: FloatArray, E: FloatArray, frame: FloatArray, m: FloatArray, E_frame: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Momentum and energy in the laboratory of what has (p, E) in the rest frame of (frame, E_frame) with mass m."""
    along = np.sum(p * frame, axis=1)
    return p + ((along / (E_frame + m) + E) / m)[:, None] * frame, (E_frame * E + along) / m


def _directions(rng: np.random.Generator, n: int) -> FloatArray:
    v = rng.normal(size=(n, 3))
    unit: FloatArray = v / np.linalg.norm(v, axis=1)[:, None]
    return unit


@lru_cache(2)
def _block(number: int, decays: bool) -> dict[str, npt.NDArray[Any]]:
    rng, n = np.random.default_rng(number), BLOCK
    E_nu = rng.uniform(4.0, 9.0, n)
    s = M_A**2 + 2 * M_A * E_nu
    m = M_N if decays else 0.0
    E_star = (s + m**2 - M_A**2) / (2 * np.sqrt(s))
    p_star = np.sqrt(E_star**2 - m**2)
    n_star = _directions(rng, n)
    total = np.stack([0 * E_nu, 0 * E_nu, E_nu], axis=1)
    N, E_N = boost(p_star[:, None] * n_star, E_star, total, np.sqrt(s), E_nu + M_A)
    A = total - N
    E_R = E_nu - E_N
    out = {
        "event": np.arange(number * BLOCK, (number + 1) * BLOCK),
        "weight": rng.uniform(0.5, 1.5, n),
        "pdg_nu": np.full(n, -12),
        "E_nu": E_nu,
        "pdg_A": np.full(n, 1000320730),
        "m_A": np.full(n, M_A),
        "E_R": E_R,
        "pdg_N": np.full(n, -9900012 if decays else -12),
        "E_N": E_N,
        **_vector("A_p", A),
        **_vector("N_p", N),
        **_vector("N_s", _directions(rng, n)),
        **_vector("", rng.uniform(-2.5, 2.5, (n, 3))),
        "crystal": rng.integers(0, 9, n),
        "detector": rng.integers(-1, 6, n),
        "inside": rng.random(n) < 0.5,
        "seen": rng.random(n) < 0.5,
    }
    return out | (_decay(rng, out, N, E_N) if decays else _stable(n))


def _decay(rng: np.random.Generator, out: dict[str, Any], N: FloatArray, E_N: FloatArray) -> dict[str, Any]:
    n = len(E_N)
    half = np.full(n, M_N / 2)
    direction = _directions(rng, n)
    gamma, E_gamma = boost(half[:, None] * direction, half, N, 2 * half, E_N)
    other, E_out = boost(-half[:, None] * direction, half, N, 2 * half, E_N)
    flight = rng.exponential(50.0, n)
    p = np.linalg.norm(N, axis=1)
    where = np.stack([out["x"], out["y"], out["z"]], axis=1) + (flight / p)[:, None] * N
    return {
        "mode": np.zeros(n),
        "lepton_number": np.ones(n),
        "flight": flight,
        "E_gamma": E_gamma,
        **_vector("gamma_p", gamma),
        "pdg_out": np.full(n, -12),
        "E_out": E_out,
        **_vector("out_p", other),
        **_vector("decay_", where),
        "decay_t": flight * E_N / (p * 299.792458),
    }


def _stable(n: int) -> dict[str, Any]:
    zero, never = np.zeros((n, 3)), np.full((n, 3), np.inf)
    return {
        "mode": np.full(n, -1),
        "lepton_number": zero[:, 0],
        "flight": never[:, 0],
        "E_gamma": zero[:, 0],
        **_vector("gamma_p", zero),
        "pdg_out": zero[:, 0],
        "E_out": zero[:, 0],
        **_vector("out_p", zero),
        **_vector("decay_", never),
        "decay_t": never[:, 0],
    }


def _vector(name: str, v: FloatArray) -> dict[str, FloatArray]:
    return {f"{name}{axis}": v[:, i] for i, axis in enumerate("xyz")}


if __name__ == "__main__":  # path, events, chunk, resume: a run that another process can kill
    from nushine.io.events import open_writer, stream, write_stream

    path, rows, size, resume = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "resume"
    stream.BLOCK = min(size, BLOCK)
    with open_writer(path, card(rows), resume=resume, format=sys.argv[5] if len(sys.argv) > 5 else None) as writer:
        write_stream(writer, chunks(rows, size, writer.done), lambda done: print(done, file=sys.stderr, flush=True))
