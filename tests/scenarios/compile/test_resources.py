"""What instances work with reaches the services as written; what could never work is located."""

import pytest

from models.base.distributions import Deterministic, Exponential
from models.base.time import NS_PER_MS, NS_PER_S
from models.service.resources import (
    CollectorSpec,
    DeviceSpec,
    Hold,
    MemorySpec,
    PausesSpec,
    ResourcesSpec,
    Sharing,
    WarmUpSpec,
)
from tests.scenarios.edited import load_edited, messages

QUEUE = "    queue: {limit: 200}\n"
ENDPOINT = "calls: [catalog.GET /item]"


def resources(directory, written):
    (found, *_) = load_edited(directory, (QUEUE, f"{QUEUE}    {written}\n")).blueprint.services
    return found.resources


def test_nothing_bounds_a_service_but_what_is_written(tmp_path):
    (found, *_) = load_edited(tmp_path).blueprint.services
    assert found.resources == ResourcesSpec()
    assert found.endpoints[0].disk_bytes == 0


@pytest.mark.parametrize(
    ("written", "spec"),
    [
        ("hold: none", ResourcesSpec(hold=Hold.NONE)),
        (
            "memory: {limit: 2kB, base: 1kB, request: 10B, leak: 1B}",
            ResourcesSpec(memory=MemorySpec(2000, 1000, 10, 1)),
        ),
        (
            "collector: {heap: 1MB, allocates: 1kB, base: 3kB, live: 2kB, pause: 2ms,"
            " per_request: 1ms, free_at_least: 4kB}",
            ResourcesSpec(
                collector=CollectorSpec(
                    heap_bytes=1_000_000,
                    allocated_bytes=1000,
                    base_bytes=3000,
                    live_bytes=2000,
                    pause_ns=2 * NS_PER_MS,
                    per_live_ns=NS_PER_MS,
                    free_bytes_min=4000,
                )
            ),
        ),
        (
            "pauses: {every: {dist: exponential, mean: 1s}, length: 1ms}",
            ResourcesSpec(pauses=PausesSpec(Exponential(NS_PER_S), Deterministic(NS_PER_MS))),
        ),
        (
            "disk: {per_second: 1MB, sharing: shared}",
            ResourcesSpec(disk=DeviceSpec(1_000_000, Sharing.SHARED)),
        ),
        ("network: {per_second: 1MB}", ResourcesSpec(network=DeviceSpec(1_000_000))),
        (
            "warm_up: {for: 30s, begin: 25%, steps: 3}",
            ResourcesSpec(warm_up=WarmUpSpec(30 * NS_PER_S, 0.25, 3)),
        ),
    ],
)
def test_each_resource_is_what_is_written(tmp_path, written, spec):
    assert resources(tmp_path, written) == spec


def test_an_endpoint_may_read_from_the_service_s_disk(tmp_path):
    (found, *_) = load_edited(
        tmp_path,
        (QUEUE, f"{QUEUE}    disk: {{per_second: 1MB}}\n"),
        (ENDPOINT, f"disk: 2kB\n        {ENDPOINT}"),
    ).blueprint.services
    assert found.endpoints[0].disk_bytes == 2000


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            (ENDPOINT, f"disk: 2kB\n        {ENDPOINT}"),
            'services.frontend.endpoints["GET /product"].disk: needs a disk: give the service one,'
            " as disk: {per_second: 200MB}",
        ),
        (
            (QUEUE, f"{QUEUE}    disk: {{per_second: 0}}\n"),
            "services.frontend.disk.per_second: must be more than 0",
        ),
        (
            (QUEUE, f"{QUEUE}    memory: {{limit: 1kB, base: 990B, request: 11B}}\n"),
            "services.frontend.memory.limit: leaves no room for one request: it is below"
            " base + request",
        ),
        (
            (QUEUE, f"{QUEUE}    collector: {{heap: 1kB, allocates: 1B, base: 1kB}}\n"),
            "services.frontend.collector.heap: is full from the start: base fills it",
        ),
        (
            (QUEUE, f"{QUEUE}    collector: {{heap: 1kB, allocates: 0}}\n"),
            "services.frontend.collector.allocates: must be more than 0, or it never has to run",
        ),
    ],
)
def test_what_could_never_work_is_located(tmp_path, edit, message):
    (shown,) = messages(tmp_path, edit)
    assert shown.split(": ", 1)[1] == message
