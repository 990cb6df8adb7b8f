"""Thin a curve for the screen so that no spike is lost."""

import numpy as np

from reports.series.windows import Floats, Integers

POINTS_MAX = 2000


def thin(
    times_ns: Integers, values: Floats, points_max: int = POINTS_MAX
) -> tuple[Integers, Floats]:
    """Keep the lowest and the highest point of each of ``points_max // 2`` equal buckets.

    A curve that is short enough is returned as it is. Within a bucket the two points keep their
    order; NaN is kept only where a whole bucket is NaN. O(n).
    """
    size = len(times_ns)
    if size <= points_max:
        return times_ns, values
    edges = np.linspace(0, size, points_max // 2 + 1).astype(np.int64)
    keep: list[int] = []
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        bucket = values[low:high]
        if np.isnan(bucket).all():
            keep.append(low)
            continue
        keep.extend(sorted({low + int(np.nanargmin(bucket)), low + int(np.nanargmax(bucket))}))
    chosen = np.array(keep, dtype=np.int64)
    return times_ns[chosen], values[chosen]
