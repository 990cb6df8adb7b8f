"""Shapes of a rate over a run: stairs, slopes, spikes and a day's wave."""

from models.base.time import DurationNs, TimeNs, format_duration
from models.service.traffic import RateProfile
from scenarios.compile.findings import Findings
from scenarios.document.traffic import DiurnalDoc, RampDoc, SpikeDoc, SteppedArrivals
from scenarios.source.marks import KeyPath
from sim.blueprint import Phases

WAVE_PIECES = 96
"""Straight pieces of a day's wave. They miss the sine by less than 0.06 % of its swing."""

_TURN = (0.9978589232386035, 0.06540312923014306)
"""Cosine and sine of a 96th of a turn, so that the wave needs exact operations alone."""


def stairs(
    doc: SteppedArrivals, path: KeyPath, phases: Phases, findings: Findings
) -> RateProfile | None:
    """Stairs count from the start of measure; warm up has the first rate, the end the last."""
    starts, rates = [0], [doc.steps[0].rate]
    position = 0
    for index, step in enumerate(doc.steps):
        if position >= phases.measure_ns:
            findings.at_key((*path, index), "this step begins after the end of measure")
            return None
        if index > 0:
            starts.append(phases.warm_up_ns + position)
            rates.append(step.rate)
        if step.for_ is None and index + 1 < len(doc.steps):
            findings.at_key((*path, index), "only the last step may leave 'for' out")
            return None
        position += step.for_ or phases.measure_ns
    if position < phases.measure_ns:
        findings.at_key(
            path,
            f"the steps last {format_duration(position)}, measure lasts"
            f" {format_duration(phases.measure_ns)}; leave 'for' out of the last to fill the rest",
        )
        return None
    return RateProfile(tuple(starts), tuple(rates))


def slope(doc: RampDoc, path: KeyPath, phases: Phases, findings: Findings) -> RateProfile | None:
    """Level, along a straight line, level."""
    if doc.at >= phases.measure_ns:
        findings.at_value((*path, "at"), "the ramp begins after the end of measure")
        return None
    begin = phases.warm_up_ns + doc.at
    return _joined(
        [(0, doc.from_, doc.from_), (begin, doc.from_, doc.to), (begin + doc.over, doc.to, doc.to)]
    )


def spike(doc: SpikeDoc, path: KeyPath, phases: Phases, findings: Findings) -> RateProfile | None:
    """Base, up, peak, down, base; ``for`` is the whole time above the base."""
    if doc.at >= phases.measure_ns:
        findings.at_value((*path, "at"), "the spike begins after the end of measure")
        return None
    if 2 * doc.rise > doc.for_:
        findings.at_value((*path, "rise"), "rising and falling again take longer than 'for'")
        return None
    begin = phases.warm_up_ns + doc.at
    end = begin + doc.for_
    return _joined(
        [
            (0, doc.base, doc.base),
            (begin, doc.base, doc.peak),
            (begin + doc.rise, doc.peak, doc.peak),
            (end - doc.rise, doc.peak, doc.base),
            (end, doc.base, doc.base),
        ]
    )


def wave(doc: DiurnalDoc, phases: Phases) -> RateProfile:
    """A sine in straight pieces from the start of the run to its end, highest at ``peak_at``."""
    heights = _cosines()
    step: DurationNs = max(doc.period // WAVE_PIECES, 1)
    peak: TimeNs = phases.warm_up_ns + doc.peak_at
    first = -(-peak // step)
    pieces: list[tuple[TimeNs, float, float]] = []
    for number in range(first + phases.end_ns // step + 2):
        begin = peak + (number - first) * step
        here, there = (
            doc.mean * (1.0 + doc.swing * heights[(number - first + ahead) % WAVE_PIECES])
            for ahead in (0, 1)
        )
        if begin < 0:
            share = -begin / step
            begin, here = 0, here + (there - here) * share
        if begin >= phases.end_ns:
            break
        if not pieces or begin > pieces[-1][0]:
            pieces.append((begin, here, there))
        else:
            pieces[-1] = (begin, here, there)
    last = pieces[-1][2]
    return _joined([*pieces, (pieces[-1][0] + step, last, last)])


def _cosines() -> list[float]:
    """Cosines of all 96ths of a turn, by turning a pointer on."""
    across, up = 1.0, 0.0
    heights = []
    for _ in range(WAVE_PIECES):
        heights.append(across)
        across, up = across * _TURN[0] - up * _TURN[1], up * _TURN[0] + across * _TURN[1]
    return heights


def _joined(pieces: list[tuple[TimeNs, float, float]]) -> RateProfile:
    """Pieces of (start, first rate, last rate); of several that start together the last counts."""
    kept = [
        piece
        for piece, following in zip(pieces, [*pieces[1:], None], strict=True)
        if following is None or following[0] > piece[0]
    ]
    starts, rates, ends = zip(*kept, strict=True)
    return RateProfile(starts, rates, ends)
