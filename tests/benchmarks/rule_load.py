"""A hundred alerting rules over two thousand series, every 15 seconds, and what they cost.

The series are those of 20 services with 5 instances each: `up`, requests by code, a histogram of
eleven buckets, and four gauges. 40 rules look at the whole fleet, 60 at one service.
"""

import gc
from dataclasses import dataclass
from time import process_time

from models.alerting.config import AlertRuleConfig, MonitoringConfig, RuleGroupConfig
from models.alerting.rule_group import RuleGroup
from models.base.time import NS_PER_MINUTE, NS_PER_S
from models.telemetry.labels import LabelSet, label_set
from models.telemetry.scrape import ScrapeTarget
from models.telemetry.series import SeriesStore, VectorSample

SERVICES, INSTANCES, GROUPS = 20, 5, 10
INTERVAL_NS = 15 * NS_PER_S
CODES = ("200", "404", "500", "503")
BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "+Inf")
GAUGES = ("http_requests_in_flight", "http_queue_length", "process_cpu_ratio", "process_memory")

FLEET_WIDE = (
    "sum by (service) (rate(http_requests_total{code=~'5..'}[5m]))"
    " / sum by (service) (rate(http_requests_total[5m])) > 0.05",
    "histogram_quantile(0.99, sum by (le, service)"
    " (rate(http_request_duration_seconds_bucket[5m]))) > 4",
    "up == 0",
    "count by (service) (up == 1) / count by (service) (up) < 0.5",
    "avg by (service) (process_cpu_ratio) > 0.9",
    "max_over_time(http_queue_length[5m]) > 1000",
    "predict_linear(process_memory[10m], 3600) > 1e12",
    "topk(3, process_cpu_ratio) > 2",
)
OF_ONE_SERVICE = (
    "sum(rate(http_requests_total{{service='{0}',code=~'5..'}}[5m]))"
    " / sum(rate(http_requests_total{{service='{0}'}}[5m])) > 0.05",
    "histogram_quantile(0.99, sum by (le)"
    " (rate(http_request_duration_seconds_bucket{{service='{0}'}}[5m]))) > 4",
    "absent(up{{service='{0}'}})",
)


@dataclass(frozen=True)
class Cost:
    """CPU seconds of a stretch of virtual time, and what happened in it."""

    scraping_s: float
    rules_s: float
    series: int
    rules: int
    errors: int


def series_of(service: int, instance: int) -> list[LabelSet]:
    """The series of one instance."""
    base = {"service": f"s{service}", "instance": f"s{service}-{instance}"}
    named = [{"__name__": "up"}, *({"__name__": name} for name in GAUGES)]
    named += [{"__name__": "http_requests_total", "code": code} for code in CODES]
    bucket = "http_request_duration_seconds_bucket"
    named += [{"__name__": bucket, "le": bound} for bound in BOUNDS]
    return [label_set(base | one) for one in named]


def rules() -> tuple[AlertRuleConfig, ...]:
    """40 rules over the fleet and 60 over one service each."""
    expressions = list(FLEET_WIDE) * 5
    expressions += [text.format(f"s{one}") for one in range(SERVICES) for text in OF_ONE_SERVICE]
    return tuple(
        AlertRuleConfig(f"R{number}", text, for_ns=NS_PER_MINUTE)
        for number, text in enumerate(expressions)
    )


def _exposed(labels: LabelSet, turn: int, place: int) -> float:
    """Counters rise and gauges swing; every fifth service is in trouble now and then."""
    named = dict(labels)
    is_troubled = named["service"].endswith("5") and turn % 20 > 10
    if named["__name__"] == "up":
        return 0.0 if is_troubled and named["instance"].endswith("-1") else 1.0
    if named["__name__"] in GAUGES:
        return (turn * (place + 3)) % 17 / 17 + is_troubled
    return float(turn * (place + 1) if named.get("code", "200") == "200" else turn)


def measure(minutes: float) -> Cost:
    """Scrape and evaluate for so many virtual minutes, as monitoring does."""
    store = SeriesStore()
    targets = [
        (ScrapeTarget(store, (), reports_up=False), series_of(service, instance))
        for service in range(SERVICES)
        for instance in range(INSTANCES)
    ]
    configs = rules()
    monitoring = MonitoringConfig("a", evaluation_interval_ns=INTERVAL_NS)
    groups = [
        RuleGroup(RuleGroupConfig(f"g{part}", configs[part::GROUPS]), monitoring, store)
        for part in range(GROUPS)
    ]
    scraping_s = rules_s = 0.0
    errors = 0
    gc.collect()
    for turn in range(round(minutes * NS_PER_MINUTE / INTERVAL_NS)):
        now = turn * INTERVAL_NS
        pages = [
            [VectorSample(labels, _exposed(labels, turn, at)) for at, labels in enumerate(exposed)]
            for _, exposed in targets
        ]
        began = process_time()
        for (target, _), page in zip(targets, pages, strict=True):
            target.record(page, now=now)
        scraped = process_time()
        for group in groups:
            evaluation = group.tick(now=now)
            errors += len(evaluation.errors) if evaluation else 0
        scraping_s += scraped - began
        rules_s += process_time() - scraped
    return Cost(scraping_s, rules_s, len(store), len(configs), errors)
