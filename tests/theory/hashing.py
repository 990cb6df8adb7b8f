"""Families of consistent hashing, on rings whose members' points fall where BLAKE2b puts them.

Rings of different members are independent of each other, so each ring is one throw of the dice.
"""

import math

import numpy as np

from models.base.streams import Stream
from models.traffic.balancer.hashed.ketama import Ketama
from tests.theory.cases import Case
from tests.theory.registry import scores
from tests.theory.score import Score, of_mean, within

CIRCLE = 2**64


def ring(seed: int, number: int, nodes: int, points: int) -> Ketama:
    """Ring ``number`` of ``seed``, with members that no other ring has."""
    made = Ketama(Stream(seed, "no keys"), points)
    first = (seed * 100_000 + number) * nodes * 2
    for member in range(first, first + nodes):
        made.add(member, 1)
    made.pick(0)
    return made


def arcs(made: Ketama) -> tuple[np.ndarray, np.ndarray]:
    """Length of the arc that each point owns, as a share of the circle, and its owner.

    A point owns the keys from the point before it, which it leaves out, up to itself.
    """
    points = np.array(made._hashes, dtype=np.uint64)
    before = np.roll(points, 1)
    return (points - before).astype(np.float64) / CIRCLE, np.array(made._owners)


def shares(made: Ketama, nodes: int) -> np.ndarray:
    lengths, owners = arcs(made)
    return np.bincount(owners - owners.min(), weights=lengths, minlength=nodes)


@scores(r"ch-cv-.*")
def spread_of_shares(case: Case, seed: int, scale: float) -> Score:
    nodes, points = case["n"], case["vnodes"]
    rings = round(2000 * scale)
    squares = [
        float(((shares(ring(seed, number, nodes, points), nodes) * nodes - 1) ** 2).mean())
        for number in range(rings)
    ]
    found = of_mean(case.value**2, squares, rings, "rings")
    root = math.sqrt(found.estimate)
    cv = Score(root, found.half_width / (2 * root), found.holds, rings, "rings")
    return within(cv, case.value, relative=0.05)


@scores(r"ch-max1-.*")
def largest_share(case: Case, seed: int, scale: float) -> Score:
    nodes = case["n"]
    rings = round(10_000 * scale)
    largest = [
        float(shares(ring(seed, number, nodes, case["vnodes"]), nodes).max())
        for number in range(rings)
    ]
    return of_mean(case.value, largest, rings, "rings")


@scores(r"ch-move-add-.*")
def moved_to_the_new_node(case: Case, seed: int, scale: float) -> Score:
    """Of keys asked before and after, those that moved; not one between nodes that stay."""
    nodes = case["n"]
    rings = max(30, round(200 * scale))
    keys = Stream(seed, "keys").words(500).tolist()
    moved, astray = [], 0
    for number in range(rings):
        made = ring(seed, number, nodes, 100)
        before = [made.pick_keyed(key, 0) for key in keys]
        newcomer = max(before) + nodes
        made.add(newcomer, 1)
        after = [made.pick_keyed(key, 0) for key in keys]
        changes = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
        astray += sum(new != newcomer for _, new in changes)
        moved.append(len(changes) / len(keys))
    found = of_mean(case.value, moved, rings, "rings")
    holds = found.holds and astray == 0
    note = f"{astray} moved between old nodes"
    return Score(found.estimate, found.half_width, holds, rings, "rings", found.width, note)
