"""The sample dashboard: read by Grafana's own library, its queries by promtool, its names by /metrics.

    check_dashboard.py DASHBOARD METRICS     METRICS: what /metrics gave
"""
import json
import re
import subprocess
import sys
import tempfile

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

dashboard = json.load(open(sys.argv[1], encoding="utf-8"))
given = set(re.findall(r"^# TYPE (\S+)", open(sys.argv[2], encoding="utf-8").read(), re.M))

# What Grafana's own types do not know of a dashboard gets lost on the way through them.
known = json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(dashboard)))
lost = {key for key in dashboard if key not in known}
assert not lost, f"Grafana knows no {lost}"
assert len(known["panels"]) == len(dashboard["panels"])

faults, expressions, places = [], [], []
for panel in dashboard["panels"]:
    place = panel["gridPos"]
    places.append((panel["title"], place))
    if not panel.get("description"):
        faults.append(f"{panel['title']}: says nothing of itself")
    for target in panel["targets"]:
        expressions.append((panel["title"], target["expr"]))
for number, (title, one) in enumerate(places):
    for other_title, other in places[:number]:
        apart = (one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
                 or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"])
        if not apart:
            faults.append(f"{title} lies on {other_title}")
rules = {"groups": [{"name": "dashboard", "rules": []}]}
for number, (title, expression) in enumerate(expressions):
    for name in re.findall(r"\bjicui_\w+", expression):
        # The age of the last backup and poll come with the first one.
        if name not in given and not name.endswith("_age_seconds") and not name.endswith("_duration_seconds"):
            faults.append(f"{title}: /metrics has no {name}")
    plain = expression.replace("$__rate_interval", "5m").replace("$job", "jicui")
    rules["groups"][0]["rules"].append({"record": f"panel:{number}", "expr": plain})
with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
    json.dump(rules, file)
    file.flush()
    subprocess.run(["promtool", "check", "rules", file.name], check=True, stdout=subprocess.DEVNULL)
for fault in faults:
    print(fault)
print(f"{len(places)} panels, {len(expressions)} queries")
sys.exit(bool(faults))
