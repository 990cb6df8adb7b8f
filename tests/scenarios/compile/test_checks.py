from pathlib import Path

import pytest
import yaml

import scenarios
from models.base.time import NS_PER_S
from models.discovery.health.config import CheckConfig, HttpProbe, Schedule, TcpProbe
from models.discovery.health.service_check import ServiceCheck
from scenarios.load import load
from scenarios.source.problems import ScenarioError

FILE = Path(scenarios.__file__).parent / "library" / "health" / "deep-check.yaml"
S = NS_PER_S


def checked(tmp_path: Path, check: object, service: str = "shop") -> Path:
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    document["discovery"]["checks"] = {service: check}
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_a_check_is_as_written(tmp_path: Path) -> None:
    path = checked(
        tmp_path,
        {
            "http": {"path": "/up", "method": "HEAD", "headers": {"host": "x"},
                     "expected": ["200-299", "304"], "retriable": ["503"], "condemn_others": True},
            "interval": "5s", "timeout": "2s", "rise": 4, "fall": 5, "schedule": "end_to_start",
            "initial_delay": "1s", "unhealthy_interval": "3s", "edge_interval": "2s",
            "jitter": "100ms", "deep": True, "keep": "50%",
        },
    )  # fmt: skip
    discovery = load(path).blueprint.discovery
    assert discovery is not None
    assert discovery.checks == (
        ServiceCheck(
            "shop",
            CheckConfig(
                HttpProbe(
                    "/up", "HEAD", (("host", "x"),), ((200, 299), (304, 304)), ((503, 503),),
                    counts_unexpected=False,
                ),
                5 * S, 2 * S, 4, 5, Schedule.END_TO_START, S, 3 * S, 2 * S, S // 10,
            ),
            is_deep=True,
            kept_ratio=0.5,
        ),
    )  # fmt: skip


def test_a_connection_may_be_probed_instead(tmp_path: Path) -> None:
    discovery = load(checked(tmp_path, {"tcp": {"port": 443}})).blueprint.discovery
    assert discovery is not None
    assert discovery.checks[0].config.probe == TcpProbe(443)


@pytest.mark.parametrize(
    ("service", "check", "error"),
    [
        ("shp", {}, "discovery.checks.shp: unknown service 'shp', did you mean 'shop'?"),
        ("shop", {"tcp": {}, "http": {}}, "checks.shop.tcp: a check is over http or tcp, not both"),
        ("shop", {"tcp": {}, "deep": True}, "a connection says nothing about what a service calls"),
        ("shop", {"interval": "1s", "timeout": "2s"}, "would let probes overlap"),
        ("shop", {"http": {"path": "up"}}, "path 'up' does not begin with '/'"),
        ("shop", {"http": {"expected": ["20x"]}}, "expected[0]"),
        ("shop", {"rise": 0}, "rise: must be at least 1"),
        ("shop", {"fal": 2}, "fal: unknown field, did you mean 'fall'?"),
    ],
)
def test_a_check_that_makes_no_sense_is_located(
    tmp_path: Path, service: str, check: object, error: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(checked(tmp_path, check, service))
    headlines = [problem.headline() for problem in caught.value.problems]
    assert any(error in headline for headline in headlines), headlines
