#!/usr/bin/env bash
# The pages under load: 100,000 cases in the store, 20 clients on loopback, by wrk (Debian's).
# usage: benches/console.sh [SECONDS]      limits: home 30 ms, a filtered list 50 ms at the 99th
# percentile; a page 100 KB; 60 MB of memory.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
command -v wrk >/dev/null || { apt-get update -qq; apt-get install -y -qq --no-install-recommends wrk; }
if [ -z "${JICUI:-}" ]; then cargo build --release --locked --quiet; fi
jicui=$(realpath "${JICUI:-${CARGO_TARGET_DIR:-target}/release/jicui}")
dir=$(mktemp -d)
port=8924
daemon=
trap 'kill ${daemon:-} 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT

sed 's/^channels = \[.*/channels = ["print"]/' config/units.toml > "$dir/units.toml"
cp -r config/calendar "$dir/calendar"
cat > "$dir/config.toml" <<EOF
state_dir = "state"
[platform]
enabled = false
[web]
listen = "127.0.0.1:$port"
caller_requests_per_min = 1000000
requests_per_min = 1000000
[schedule]
poll = "0 0 0 1 1 *"
remind = "0 0 0 1 1 *"
deliver = "0 0 0 1 1 *"
EOF
mkdir "$dir/state"
"$jicui" --config "$dir/config.toml" status > /dev/null 2>&1 || true
python3 - "$dir/state/jicui.db" <<'EOF'
# 95,000 answered over ten years, 5,000 open of the last month; two agencies, 200 datasets.
import datetime, random, sqlite3, sys
random.seed(1)
db = sqlite3.connect(sys.argv[1])
today = datetime.date.today()
agencies = ["勞動部勞工保險局", "勞動部勞動力發展署", "勞動部職業安全衛生署", "勞動部"]
cases, history = [], []
for n in range(100_000):
    is_open = n % 20 == 0
    start = today - datetime.timedelta(days=random.randint(0, 30) if is_open else random.randint(31, 3650))
    number, agency, nid = f"C-{500_000 + n}", random.choice(agencies), random.randint(1, 200)
    replied = None if is_open else f"{start + datetime.timedelta(days=random.randint(1, 25))}T02:00:00.000Z"
    title = f"資料集 {nid} 的第 {n} 個問題：欄位說明與實際內容不符，請更新"
    seen = f"{start}T01:00:00.000Z"
    cases.append((number, "comment", title, agency, nid, f"資料集 {nid}", f"https://data.gov.tw/node/{nid}",
                  str(start), str(start), "given", 1, "open" if is_open else "replied", replied, seen))
    history.append((number, seen, "platform", "new", "", f"{start} given", ""))
db.executemany("""insert into cases (number, kind, title, agency, dataset_nid, dataset_title, url, assigned_on,
    starts_on, start_origin, round, state, replied_at, first_seen_at) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?)""", cases)
db.executemany("insert into history (case_number, at, actor, event, before, after, reason) values (?,?,?,?,?,?,?)", history)
db.commit()
EOF
JICUI_LOG=error "$jicui" --config "$dir/config.toml" run > /dev/null 2>"$dir/log" &
daemon=$!
site="http://127.0.0.1:$port"
for _ in $(seq 100); do curl -sf "$site/healthz" > /dev/null && break; sleep 0.1; done
memory() { awk '/VmHWM|VmRSS/ { printf "%s %.1f MB  ", $1, $2 / 1024 }' "/proc/$daemon/status"; echo; }
printf 'first page after the start  %6.0f ms\n' "$(curl -s -o /dev/null -w '%{time_total}' "$site/" | awk '{ print $1 * 1000 }')"
memory
measure() {
  local name=$1 url=$2
  printf '%-28s' "$name"
  printf '%7d bytes  ' "$(curl -s "$site$url" | wc -c)"
  wrk -t 1 -c 20 -d "${seconds}s" --latency "$site$url" > "$dir/wrk"
  awk '/50%/ { p50 = $2 } /99%/ { p99 = $2 } /Requests\/sec/ { rate = $2 } /Non-2xx/ { bad = $0 }
    END { printf "median %9s  99th %9s  %8.0f a second %s\n", p50, p99, rate, bad }' "$dir/wrk"
}
measure "home" "/"
measure "open cases" "/cases"
measure "filtered by unit" "/cases?state=all&unit=bli-planning&sort=assigned"
measure "filtered by kind and period" "/cases?state=replied&kind=comment&from=2024-01-01&to=2024-12-31"
measure "filtered by words" "/cases?state=all&q=99999"
measure "the last page of all" "/cases?state=all&sort=number&page=2000"
measure "one case" "/cases/C-500020"
memory
