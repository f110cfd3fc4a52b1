"""One block of events: a pure function of a plan, the seed and the number of the block."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from nushine.decay import Decay
from nushine.detectors import Arrangement
from nushine.events import chain, particles
from nushine.events.process import Line, take
from nushine.events.proposal import Proposal, Sample
from nushine.events.record import BLOCK, COLUMNS
from nushine.interactions.dipole import Dipole
from nushine.numerics.arrays import first_true
from nushine.numerics.circle import Vector
from nushine.numerics.compilation import jit
from nushine.numerics.threefry import uniforms
from nushine.rates import Selection
from nushine.targets.isotopes import Isotope

REFILL = 4096
"""Candidates drawn at a time, should the first row of them not be enough."""


class Plan(eqx.Module):
    """All that a block needs.

    Parameters
    ----------
    proposal : Proposal
        Samples E_nu, E_R and the isotope.
    signal : Dipole or None
        The up-scattering; None for CEvNS.
    decay, lines
        How N decays; only the lines that the channel asks for.
    demanded : Selection
        What the detector must see.
    photon : bool
        Whether a photon must be seen.
    path : Array
        Instrumented path if there is no arrangement [mm].
    limit : Array
        Path [mm] within which the density of the proposal has N decay, after `demanded.flight_min`; infinite where the
        channel does not ask.
    forced : bool
        Whether N is made to decay inside, with a weight.
    weight_scale : Array
        Factor of the weights, which are the inverse of the importance and the probability of forced decays: their mean
        is one.
    arrangement : Arrangement or None
        The geometry; `part` is the material of each isotope in it.
    flavours, signs, moments
        Cumulative flavour fractions of each beam (B, 3), +1 or -1 for neutrinos or antineutrinos (B,), and cumulative
        flavour fractions of the decay (3,).
    nuclei : Array
        PDG code of each isotope.
    majorana, mixed : bool
        Whether N is its own antiparticle, and whether there is more than one flavour.

    """

    proposal: Proposal
    signal: Dipole | None
    decay: Decay
    lines: tuple[Line, ...]
    demanded: Selection
    photon: bool = eqx.field(static=True)
    path: Array
    limit: Array
    forced: bool = eqx.field(static=True)
    weight_scale: Array
    arrangement: Arrangement | None
    part: Array
    flavours: Array
    signs: Array
    moments: Array
    nuclei: Array
    majorana: bool = eqx.field(static=True)
    mixed: bool = eqx.field(static=True)


class Places(NamedTuple):
    """The crystal and the place in it, the way [mm] that N can fly inside, and a uniform number for the photon."""

    crystal: Array
    start: Vector
    reach: Array
    u: Array


class Numbers(NamedTuple):
    """Uniform numbers of one block: rows for the candidates, the chain and the places, and a key for more."""

    key: Array
    candidates: list[Array]
    chain: list[Array]
    places: list[Array]


def block(plan: Plan, seed: Array, number: Array) -> dict[str, Array]:
    """The events of one block, shape (BLOCK,) each. The numbers are drawn by a function of their own: see threefry."""
    return _block(plan, numbers(plan, seed, number))


@jit
def numbers(plan: Plan, seed: Array, number: Array) -> Numbers:
    """All uniform numbers that a block needs, as long as the first row of candidates suffices."""
    key = jax.random.fold_in(jax.random.PRNGKey(seed), number)
    point_key, chain_key, place_key = jax.random.split(key, 3)
    return Numbers(
        key=point_key,
        candidates=uniforms(jax.random.fold_in(point_key, 0), 4, plan.proposal.candidates_for(BLOCK)),
        chain=uniforms(chain_key, 7 if plan.mixed else 5, BLOCK),
        places=[] if plan.arrangement is None else uniforms(place_key, 4, BLOCK),
    )


@jit
def _block(plan: Plan, drawn: Numbers) -> dict[str, Array]:
    point = points(plan.proposal, drawn.candidates, drawn.key)
    u = drawn.chain
    u_flavour = u[5:] if plan.mixed else [jnp.zeros(1), jnp.zeros(1)]
    isotope = take(plan.proposal.isotopes, point.isotope)
    m = jnp.asarray(plan.proposal.density.process.m_out, dtype=float)
    N = chain.scatter(point.E_nu, point.E_R, m, isotope, u[0])
    sign = plan.signs[point.beam]
    vertex = places(plan, point, N, drawn.places)
    columns = _production(plan, point, isotope, N, sign * _flavour(plan.flavours[point.beam].T, u_flavour[0]))
    if plan.signal is None:
        columns |= _no_decay(vertex)
    else:
        decayed = _decay(plan, N, sign, vertex, (u[1], u[2], u[3], u[4], u_flavour[1]))
        columns |= decayed | {"weight": columns["weight"] * decayed["weight"]}
    return _finished(plan, columns)


def points(proposal: Proposal, u: list[Array], key: Array) -> Sample:
    """BLOCK accepted points: the first of a long row of candidates, and of short ones should they not suffice."""
    first = proposal.candidates(u[:3])
    accepted = u[3] < first.ratio
    chosen = first_true(accepted, BLOCK)
    sample = Sample(*(values[chosen] for values in first))

    def fill(state: tuple[Array, Array, Sample]) -> tuple[Array, Array, Sample]:
        turn, filled, sample = state
        u = [jax.random.uniform(row, (REFILL,)) for row in jax.random.split(jax.random.fold_in(key, turn), 4)]
        more = proposal.candidates(u[:3])
        accepted = u[3] < more.ratio
        slot = jnp.where(accepted, filled + jnp.cumsum(accepted) - 1, BLOCK)
        merged = (old.at[slot].set(new, mode="drop") for old, new in zip(sample, more, strict=True))
        return turn + 1, filled + jnp.sum(accepted), Sample(*merged)

    start = jnp.asarray(1), jnp.minimum(jnp.sum(accepted), BLOCK), sample
    return jax.lax.while_loop(lambda state: state[1] < BLOCK, fill, start)[2]


def places(plan: Plan, point: Sample, N: chain.Scattered, u: list[Array]) -> Places:
    """Production uniform by mass in the crystals, or at the origin where there are none."""
    zero = jnp.zeros(BLOCK)
    if plan.arrangement is None:
        return Places(zero.astype(jnp.int32), (zero, zero, zero), jnp.full(BLOCK, plan.path), zero)
    crystal, start = plan.arrangement.vertex(plan.part[point.isotope], (u[0], u[1], u[2]))
    return Places(crystal, start, plan.arrangement.exit(start, N.along), u[3])


def _production(plan: Plan, point: Sample, isotope: Isotope, N: chain.Scattered, pdg_nu: Array) -> dict[str, Array]:
    """Columns of the scattering; the spin of antiparticles is the opposite."""
    sign = jnp.sign(pdg_nu)
    importance = plan.proposal.density.importance
    code = sign * particles.N if not plan.majorana else jnp.full(BLOCK, particles.N)
    sampled = jnp.ones(BLOCK) if importance is None else importance(point.E_nu, point.E_R)
    return {
        "weight": plan.weight_scale / sampled,
        "pdg_nu": pdg_nu,
        "E_nu": point.E_nu,
        "pdg_A": plan.nuclei[point.isotope],
        "m_A": isotope.m_A,
        "E_R": point.E_R,
        **_vector("A_p", N.recoil),
        "pdg_N": pdg_nu if plan.signal is None else code,
        "E_N": N.E,
        **_vector("N_p", N.momentum),
        **_vector("N_s", N.frame(sign * N.P_L, sign * N.P_T, jnp.zeros(BLOCK))),
    }


def _no_decay(vertex: Places) -> dict[str, Array]:
    """Columns of a process without decay."""
    zero, none, never = jnp.zeros(BLOCK), jnp.zeros(BLOCK, dtype=jnp.int32), jnp.full(BLOCK, jnp.inf)
    return {
        "mode": none - 1,
        "lepton_number": none,
        "flight": never,
        "E_gamma": zero,
        **_vector("gamma_p", (zero, zero, zero)),
        "pdg_out": none,
        "E_out": zero,
        **_vector("out_p", (zero, zero, zero)),
        **_vector("", vertex.start),
        **_vector("decay_", (never, never, never)),
        "decay_t": never,
        "crystal": vertex.crystal,
        "detector": none - 1,
        "inside": jnp.zeros(BLOCK, dtype=bool),
    }


def _decay(plan: Plan, N: chain.Scattered, sign: Array, vertex: Places, u: tuple[Array, ...]) -> dict[str, Array]:
    """Columns of the decay of N; `weight` is a factor of the one of production."""
    signal = plan.signal
    assert signal is not None
    distance, weight = flight(plan, signal, N, vertex.reach, u[0])
    m_N = jnp.asarray(signal.m_N, dtype=float)
    products = chain.decay_products(N, m_N, plan.lines, (u[1], u[2], u[3]))
    decays = jnp.isfinite(distance)
    end = chain.along_ray(vertex.start, N.along, distance)
    lepton_number = _of_line(plan.lines, "lepton_number", products.line)
    neutrino = sign * jnp.where(lepton_number < 0, -1, 1) * _flavour(plan.moments[:, None], u[4])
    N_prime = jnp.full(BLOCK, particles.N_PRIME) if plan.majorana else sign * particles.N_PRIME
    visible = decays & (products.E_gamma > 0)
    return {
        "weight": weight,
        "mode": jnp.where(decays, _of_line(plan.lines, "mode", products.line), -1),
        "lepton_number": jnp.where(decays, lepton_number, 0),
        "flight": distance,
        "E_gamma": jnp.where(decays, products.E_gamma, 0.0),
        **_vector("gamma_p", _where(decays, products.gamma)),
        "pdg_out": jnp.where(visible, jnp.where(lepton_number == 0, N_prime, neutrino), 0),
        "E_out": jnp.where(decays, products.E_out, 0.0),
        **_vector("out_p", _where(decays, products.out)),
        **_vector("", vertex.start),
        **_vector("decay_", end),
        "decay_t": jnp.where(decays, chain.time_of_flight(N, jnp.where(decays, distance, 0.0)), jnp.inf),
        "crystal": vertex.crystal,
        "detector": _detector(plan, visible, end, products, vertex.u),
        "inside": decays & (distance <= vertex.reach),
    }


def flight(plan: Plan, signal: Dipole, N: chain.Scattered, reach: Array, u: Array) -> tuple[Array, Array]:
    """Distance [mm] to the decay, `flight_min` at least, and the weight of forcing it to be inside.

    N forgets how far it flew: beyond `flight_min` its flight is that from the start. A forced N that leaves before
    `flight_min` has the weight zero.
    """
    near = jnp.asarray(plan.demanded.flight_min)
    beyond, probability = chain.flight(N, signal, plan.decay, plan.limit - near, u)
    if not plan.forced:
        return near + beyond, jnp.ones_like(beyond)
    forced, inside = chain.flight(N, signal, plan.decay, jnp.maximum(reach - near, 0.0), u)
    share = jnp.where(probability > 0, inside / jnp.where(probability > 0, probability, 1.0), 0.0)
    return jnp.minimum(near + forced, jnp.maximum(reach, near)), share


def _detector(plan: Plan, visible: Array, at: Vector, products: chain.Products, u: Array) -> Array:
    """Which detector stops the photon; -1 if none, 0 for every photon where there is no geometry."""
    if plan.arrangement is None:
        return jnp.where(visible, 0, -1)
    E_gamma = jnp.where(visible, products.E_gamma, 1.0)
    x, y, z = (component / E_gamma for component in products.gamma)
    direction = _where(visible, (x, y, z), (0.0, 0.0, 1.0))
    return jnp.where(visible, plan.arrangement.detect(_where(visible, at), direction, E_gamma, u), -1)


def _finished(plan: Plan, columns: dict[str, Array]) -> dict[str, Array]:
    """Add what the detector sees, and give the columns the types that they have in files."""
    wanted = plan.demanded
    seen = (columns["E_R"] >= wanted.E_R_min) & (columns["E_R"] <= wanted.E_R_max)
    if plan.photon:
        aimed = columns["detector"] >= 0
        if plan.arrangement is None:
            aimed &= columns["gamma_pz"] >= wanted.cos_theta_min * columns["E_gamma"]
        seen &= aimed & columns["inside"] & (columns["E_gamma"] >= wanted.E_gamma_min)
        seen &= columns["flight"] >= wanted.flight_min
    columns["seen"] = seen
    return {c.name: columns[c.name].astype(c.dtype) for c in COLUMNS if c.name in columns}


def _where(condition: Array, v: Vector, otherwise: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Vector:
    x, y, z = (jnp.where(condition, a, b) for a, b in zip(v, otherwise, strict=True))
    return x, y, z


def _vector(name: str, v: Vector) -> dict[str, Array]:
    return {f"{name}{axis}": x for axis, x in zip("xyz", v, strict=True)}


def _of_line(lines: tuple[Line, ...], name: str, line: Array) -> Array:
    return jnp.stack([jnp.asarray(getattr(x, name)) for x in lines])[line]


def _flavour(cumulative: Array, u: Array) -> Array:
    """PDG code 12, 14 or 16 from cumulative fractions, shape (3, 1) or (3, n)."""
    return 12 + 2 * ((u >= cumulative[0]).astype(jnp.int32) + (u >= cumulative[1]).astype(jnp.int32))
