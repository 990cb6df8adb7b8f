# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A shop loses a zone
#
# Load a scenario, run it, look at what it did, change one value, and look again. The same seed
# gives the same run, here as on the command line.

# %%
from scenarios.session import Scenario

shop = Scenario.load("scenarios/library/online-boutique/zone-outage.yaml")
run = shop.run()
run

# %% [markdown]
# Every request, attempt, alert and event is a row of a pandas frame.

# %%
run.requests.groupby(["endpoint", "outcome"]).size().unstack(fill_value=0)

# %%
run.alerts.query("state == 'firing'").head(10)

# %%
run.events.groupby("kind").size().sort_values(ascending=False)

# %%
run.figure("load-latency")

# %% [markdown]
# How much of the failover is the lease? Callers drop a dead instance once its lease is over, a
# sweep has found it, and they have asked again. With a longer lease they keep calling it longer.

# %%
patient = shop.with_values({"discovery.lease": "9s"}).run()
patient

# %%
drops = {
    name: one.events.query("kind == 'view_dropped'").time_s.max()
    - one.events.query("kind == 'fault_started'").time_s.min()
    for name, one in {"as written": run, "lease of 9 s": patient}.items()
}
drops

# %%
{
    name: (one.requests.outcome != "completed").mean()
    for name, one in {"as written": run, "lease of 9 s": patient}.items()
}
