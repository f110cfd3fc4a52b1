"""What holds for every sample: events depend on the seed alone, and a wrong question gets an answer of one line."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hepunits import cm, kg, year
from hypothesis import given, settings
from hypothesis import strategies as st

import nushine as ns
from nushine.detectors import Channel
from nushine.events import BLOCK, COLUMNS, Events, Generator, generate
from nushine.experiments import Experiment
from nushine.interactions.base import Interaction
from nushine.rates import EVERYTHING, Selection
from nushine.targets.compounds import compound

SIGNAL = ns.Dipole(1.0, 1e-8, ns.MAJORANA, ns.Flavour(1.0, 0.5, 0.2))
LARGEST = 3 * BLOCK + 12_345  # the last block is not full


def experiment(selection: Selection = EVERYTHING, path: float = 5 * cm) -> Experiment:
    return Experiment("by hand", ns.sources.chooz(), compound("73Ge"), 1 * kg, 1 * year, path, selection)


@pytest.fixture(scope="module")
def generator() -> Generator:
    return Generator(experiment(), SIGNAL)


def joined(pieces: list[Events]) -> dict[str, np.ndarray]:
    return {c.name: np.concatenate([piece[c.name] for piece in pieces]) for c in COLUMNS}


@pytest.fixture(scope="module")
def whole(generator: Generator) -> dict[str, np.ndarray]:
    return joined([generator.sample(LARGEST, seed=3, workers=1)])


# --- the seed alone ---


@settings(max_examples=15)
@given(
    st.one_of(st.integers(1, LARGEST), st.sampled_from([1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, LARGEST])),
    st.integers(1, 3),
    st.integers(0, 3),
)
def test_events_do_not_depend_on_number_workers_and_start(
    generator: Generator, whole: dict[str, np.ndarray], n: int, workers: int, first_block: int
) -> None:
    first = min(first_block * BLOCK, (n - 1) // BLOCK * BLOCK)
    pieces = list(generator.stream(n, seed=3, first=first, workers=workers))
    assert all(len(piece) == BLOCK for piece in pieces[:-1])
    assert all(piece.card.n == n and piece.card.seed == 3 for piece in pieces)
    for name, values in joined(pieces).items():
        np.testing.assert_array_equal(values, whole[name][first:n], err_msg=name)


def test_function_and_generator_agree(whole: dict[str, np.ndarray]) -> None:
    sample = generate(experiment(), SIGNAL, BLOCK + 7, seed=3)
    assert len(sample) == BLOCK + 7
    for c in COLUMNS:
        np.testing.assert_array_equal(sample[c.name], whole[c.name][: BLOCK + 7], err_msg=c.name)


def test_blocks_in_any_order(generator: Generator, whole: dict[str, np.ndarray]) -> None:
    for number in (2, 0, 1):
        for name, values in generator.block(3, number).items():
            np.testing.assert_array_equal(np.asarray(values), whole[name][number * BLOCK : (number + 1) * BLOCK])


@pytest.mark.parametrize("name", ["E_nu", "E_R", "N_px", "flight", "E_gamma", "gamma_px"])
def test_no_event_comes_twice(generator: Generator, whole: dict[str, np.ndarray], name: str) -> None:
    """Neither in another block nor with another seed, be it below or above 2^32."""
    others = [next(generator.stream(BLOCK, seed)) for seed in (0, 1, 2, 2**32 + 3, 2**63 - 1)]
    values = np.concatenate([whole[name], *(other[name] for other in others)])
    assert np.unique(values).size > (1 - 1e-4) * values.size  # some pairs are alike where few bits are left: 1e-5


def test_columns_are_those_that_are_documented(generator: Generator, whole: dict[str, np.ndarray]) -> None:
    sample = next(generator.stream(10, seed=3))
    assert list(sample) == [c.name for c in COLUMNS]
    for c in COLUMNS:
        assert sample[c.name].dtype == c.dtype
        assert whole[c.name].dtype == c.dtype
    np.testing.assert_array_equal(whole["event"], np.arange(LARGEST))


def test_no_candidate_is_above_the_majorant() -> None:
    """Then acceptance with the ratio of the two is exact."""
    for process, channel, window in (
        (ns.Dipole(0.01, 1e-8), ns.COINCIDENCE, EVERYTHING),
        (ns.Dipole(1.0, 1e-4), ns.COINCIDENCE, Selection(2e-5, 1e-3)),
        (ns.Dipole(8.5, 1e-6), ns.COINCIDENCE, EVERYTHING),
        (ns.CEvNS(), ns.RECOIL, Selection(1e-5, 1e-3)),
    ):
        proposal = Generator(experiment(window), process, channel).plan.proposal
        ratio = jax.jit(lambda p, u: p.candidates(u).ratio)(proposal, jax.random.uniform(jax.random.key(1), (3, 2**20)))
        assert float(ratio.min()) >= 0.0
        assert 0.9 < float(ratio.max()) <= 1.0


# --- one line for each mistake ---


def one_line(action: Callable[[], object], *words: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as raised:
        action()
    assert all(word in str(raised.value) for word in words)


@pytest.mark.parametrize("n", [0, -1])
def test_numbers_of_events_below_one(n: int) -> None:
    one_line(lambda: generate(experiment(), SIGNAL, n, seed=1), f"n = {n} events", "1 or more")


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_seeds_out_of_range(seed: int) -> None:
    one_line(lambda: generate(experiment(), SIGNAL, 10, seed=seed), f"seed = {seed}", "0 to 2^63 - 1")


DARK = ns.Decay((ns.Invisible(1e-20),))
CLOSED = ns.Decay((ns.ToSterile(2.0, 1e-8),))  # N' is heavier than N


@pytest.mark.parametrize(
    ("process", "channel", "decay", "window", "words"),
    [
        (ns.Dipole(20.0, 1e-8), ns.COINCIDENCE, ns.RADIATIVE, EVERYTHING, ("m_N = 20 MeV", "mass that the source")),
        (ns.Dipole(20.0, 1e-8), ns.RECOIL, ns.RADIATIVE, EVERYTHING, ("m_N = 20 MeV", "by hand")),
        (ns.Dipole(1.0, 0.0), ns.COINCIDENCE, ns.RADIATIVE, EVERYTHING, ("mu = 0", "moment above zero")),
        (ns.Dipole(1.0, 0.0), ns.RECOIL, ns.RADIATIVE, EVERYTHING, ("mu = 0", "moment above zero")),
        (ns.Dipole(1.0, 1e-8), ns.RECOIL, ns.RADIATIVE, Selection(1.0, 2.0), ("recoil window",)),
        (ns.Dipole(0.0, 1e-8), ns.COINCIDENCE, ns.RADIATIVE, EVERYTHING, ("massless N does not decay", "recoil")),
        (ns.Dipole(0.0, 1e-8), ns.PHOTON, ns.PROMPT, EVERYTHING, ("massless N does not decay", "recoil")),
        (ns.Dipole(0.0, 1e-8), ns.RECOIL, ns.RADIATIVE, EVERYTHING, ("infinite", "recoil threshold")),
        (ns.CEvNS(), ns.COINCIDENCE, ns.RADIATIVE, EVERYTHING, ("CEvNS has no photon", "recoil channel")),
        (ns.CEvNS(), ns.PHOTON, ns.RADIATIVE, EVERYTHING, ("CEvNS has no photon", "recoil channel")),
        (ns.Dipole(1.0, 1e-8), ns.COINCIDENCE, DARK, EVERYTHING, ("no decay with a photon", "recoil channel")),
        (ns.Dipole(1.0, 1e-8), ns.PHOTON, CLOSED, EVERYTHING, ("nothing to generate",)),
    ],
)
def test_nothing_to_generate(
    process: Interaction, channel: Channel, decay: ns.Decay, window: Selection, words: tuple[str, ...]
) -> None:
    one_line(lambda: generate(experiment(window), process, 10, seed=1, channel=channel, decay=decay), *words)


def test_no_path_no_decay() -> None:
    one_line(lambda: generate(experiment(path=0.0), SIGNAL, 10, seed=1), "nothing to generate")


@pytest.mark.parametrize("flavour", [ns.MUON, ns.TAU])
def test_no_moment_of_the_flavour_of_the_source(flavour: ns.Flavour) -> None:
    signal = ns.Dipole(1.0, 1e-8, flavour=flavour)
    one_line(lambda: generate(experiment(), signal, 10, seed=1), "nothing to generate")


# --- weights ---


@pytest.mark.parametrize("power", [-1.0, 2.0])
def test_weights_undo_the_importance(power: float) -> None:
    """Any positive function: weights are one on average, and the same function of the event throughout."""

    def importance(E_nu: jax.Array, E_R: jax.Array) -> jax.Array:
        return E_nu**power * jnp.sqrt(E_R)

    sample = generate(experiment(), SIGNAL, 2 * BLOCK, seed=5, importance=importance)
    w = sample["weight"]
    assert abs(w.mean() - 1) < 4 * w.std() / w.size**0.5
    product = w * sample["E_nu"] ** power * np.sqrt(sample["E_R"])
    np.testing.assert_allclose(product, product[0], rtol=1e-12)  # rounding of powers
