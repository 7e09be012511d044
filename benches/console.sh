#!/usr/bin/env bash
# The pages under load: 100,000 cases in the store, 20 clients on loopback, by wrk (Debian's).
# usage: benches/console.sh [SECONDS]      limits: home 30 ms, a list 50 ms at the 99th percentile; a page
# 100 KB; 60 MB of memory at most, with the one heap that the service unit asks for. Exits 1 when one is
# missed. Then what programs ask for, within 100 MB. SLACK=N allows N times the time, on a busy machine.
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
# Memory is kept as the service unit has it.
env $(sed -n "s/^Environment=\(MALLOC_.*\)/\1/p" systemd/jicui.service) JICUI_LOG=error "$jicui" --config "$dir/config.toml" run > /dev/null 2>"$dir/log" &
daemon=$!
site="http://127.0.0.1:$port"
for _ in $(seq 100); do curl -sf "$site/healthz" > /dev/null && break; sleep 0.1; done
failed=0
within() { # WHAT VALUE LIMIT UNIT
  if awk -v value="$2" -v limit="$3" 'BEGIN { exit !(value + 0 > limit) }'; then
    echo "  missed: $1 $2 $4, at most $3" >&2
    failed=1
  fi
}
peak() { awk '/VmHWM/ { printf "%.1f", $2 / 1024 }' "/proc/$daemon/status"; }
memory() { awk '/VmHWM|VmRSS|Threads/ { printf "%s %.1f  ", $1, /kB/ ? $2 / 1024 : $2 }' "/proc/$daemon/status"; echo; }
printf 'first page after the start  %6.0f ms\n' "$(curl -s -o /dev/null -w '%{time_total}' "$site/" | awk '{ print $1 * 1000 }')"
memory
# In office hours the start itself reminds of 5,000 cases. Pages are measured once that is said, and below while cases change.
python3 - "$dir/state/jicui.db" <<'EOF'
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1])
IS_SAID = """select exists (select 1 from runs where stage = 'remind') and not exists (select 1 from outbox
    where state in ('queued', 'sending') and next_attempt_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))"""
began = time.monotonic()
while not db.execute(IS_SAID).fetchone()[0]:
    if time.monotonic() - began > 60:
        sys.exit("the start's reminders were not said within a minute")
    time.sleep(0.1)
print(f"the start's reminders were said {time.monotonic() - began:9.1f} s later")
EOF
# Words that no two requests in a row share.
cat > "$dir/words.lua" <<'EOF'
local asked = 0
request = function()
  asked = asked + 1
  return wrk.format("GET", wrk.path .. (asked * 7919 % 100000))
end
EOF
load() { # NAME ADDRESS [WRK OPTIONS]
  printf '%-28s%7d bytes  ' "$1" "$(curl -s "$site$2" | tee "$dir/page" | wc -c)"
  wrk -t 1 -c 20 -d "${seconds}s" --timeout 20s --latency "${@:3}" "$site$2" > "$dir/wrk"
  awk '/50%/ { p50 = $2 } /99%/ { p99 = $2 } /Requests\/sec/ { rate = $2 }
    END { printf "median %9s  99th %9s  %8.0f a second\n", p50, p99, rate }' "$dir/wrk"
  if grep -E 'Non-2xx|Socket errors' "$dir/wrk" >&2; then failed=1; fi
}
page() { # NAME LIMIT ADDRESS [WRK OPTIONS]
  load "$1" "${@:3}"
  local p99
  p99=$(awk '/99%/ { unit = $2 ~ /us$/ ? 0.001 : $2 ~ /ms$/ ? 1 : $2 ~ /m$/ ? 60000 : 1000; printf "%.2f", $2 * unit }' "$dir/wrk")
  within "$1, 99th percentile" "${p99:-999999}" "$(($2 * ${SLACK:-1}))" ms
  within "$1, size" "$(wc -c < "$dir/page")" 100000 bytes
}
page "home" 30 "/"
page "open cases" 50 "/cases"
page "filtered by unit" 50 "/cases?state=all&unit=bli-planning&sort=assigned"
page "filtered by kind and period" 50 "/cases?state=replied&kind=comment&from=2024-01-01&to=2024-12-31"
page "filtered by a word" 50 "/cases?state=all&q=" -s "$dir/words.lua"
page "filtered by four words" 50 "/cases?state=all&q=%E5%85%A7%E5%AE%B9%20C-5%20%E7%AC%AC%20" -s "$dir/words.lua"
page "the last page of all" 50 "/cases?state=all&sort=number&page=2000"
page "one case" 50 "/cases/C-500020"
# Each note is written by another process, and the daemon must notice.
touch "$dir/writing"
while [ -e "$dir/writing" ]; do
  "$jicui" --config "$dir/config.toml" cases note C-500040 --by bench "again" > /dev/null 2>> "$dir/log"
  echo >> "$dir/notes"
  sleep 0.1
done &
page "home while cases change" 30 "/"
page "a list while cases change" 50 "/cases?state=all&unit=bli-planning&sort=due"
rm "$dir/writing"
echo "$(wc -l < "$dir/notes") changes meanwhile"
memory
within "memory" "$(peak)" 60 MB
load "100 cases as JSON" "/api/v1/cases?limit=100"
load "1000 cases as JSON" "/api/v1/cases?open=true"
load "status" "/api/v1/status"
load "metrics" "/metrics"
load "every deadline (.ics)" "/calendar.ics"
memory
within "memory with programs" "$(peak)" 100 MB
exit $failed
