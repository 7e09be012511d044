#!/usr/bin/env python3
"""What the daemon costs and withstands, on the wire and by /proc: no library but Python's own (and openssl's command).

    .ci/endurance.py start   [JICUI]   from exec to READY=1 with 100,000 cases in the store: under 200 ms
    .ci/endurance.py idle    [JICUI]   the sample configuration, polling by TLS, pages and all: resident memory and CPU an hour
    .ci/endurance.py soak    [JICUI]   the bells of weeks in two minutes by the fast clock, pages read meanwhile: memory, descriptors flat
    .ci/endurance.py hostile [JICUI]   oversized, slow, malformed requests, a wrong Host, tricks with paths
    .ci/endurance.py journal [JICUI]   a case can be followed in systemd's journal by its number
    .ci/endurance.py all     [JICUI]
"""
import ctypes
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
RELEASE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/jicui"
CASES = 100_000
START_MS = 200
# More than this: has packaging/used_first.ld grown old? `.ci/used_first.py` writes it anew.
RESIDENT_KB = 12 * 1024
WAKINGS_A_SECOND = 5
# What a waking costs is the machine's, and differs threefold from one hour to the next: 1 s, or so many times what a bare
# process takes that wakes about as often as jicui and does nothing.
CPU_SECONDS_AN_HOUR, BARE_TIMES, BARE_WAKINGS_A_SECOND = 1.0, 2.5, 3
SLOPE_PERCENT = 1.0
# What happens for the first time takes memory: the month's first report is written in the warm-up.
WARM_SECONDS, SOAK_SECONDS, SPANS = 60, 40, 3
# A first look takes some 15 s, watched by valgrind twice that.
FIRST_POLL_SECONDS = 180
# How often the sample configuration polls, by the clock on the wall, and how long a poll takes at most.
POLLS_EVERY, POLL_SECONDS = 600, 40
# How the service unit has the C library keep memory, and how much longer a wait may be.
UNIT = (ROOT / "systemd/jicui.service").read_text()
SERVICE = dict(re.findall(r"^Environment=(MALLOC_\w+)=(\w+)$", UNIT, re.M))
TIMER_SLACK_MS = int(re.search(r"^TimerSlackNSec=(\d+)ms$", UNIT, re.M)[1])
PR_SET_TIMERSLACK = 29


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Platform:
    """A platform by TLS on which nothing happens: each agency has datasets, the comments on some are answered, as all requests are.
    The program's own miniature has no TLS, and comes with the demonstration's story."""

    def __init__(self, place):
        install("openssl")
        place = pathlib.Path(place)
        key, certificate = place / "platform.key", place / "platform.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-addext", "basicConstraints=critical,CA:FALSE"], check=True, stderr=subprocess.DEVNULL)
        # Whoever is trusted by this machine is trusted, too: that is what a daemon holds in memory.
        trusted = pathlib.Path(ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt")
        self.trusted = place / "trusted.crt"
        self.trusted.write_bytes((trusted.read_bytes() if trusted.exists() else b"") + certificate.read_bytes())
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"https://localhost:{self.server.server_port}"


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    DATASETS, REQUESTS = 40, 50

    @staticmethod
    def has_comments(nid):
        return nid % 10 == 0

    def do_POST(self):
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/api/front/comment/detail":
            nid = int(urllib.parse.parse_qs(asked)["nid"][0])
            reply = {"nid": nid, "pid": nid, "title": "回復", "body": "…", "label": "機關回復", "created": "2024-01-03 10:00"}
            rows = [{"nid": nid, "cid": nid, "pid": 0, "title": "請問更新頻率", "body": "…", "created": "2024-01-02 10:00",
                     "reply": [reply]}]
            return self.answer({"results": rows if self.has_comments(nid) else []})
        agency = json.loads(asked)["bool"][0]["fulltext"]["value"]
        first = sum(agency.encode()) * 100
        rows = [{"nid": first + n, "title": f"第{n}號資料集", "agency_name": agency, "comment_quantity": int(self.has_comments(first + n)), "content": ""}
                for n in range(self.DATASETS)]
        return self.answer({"search_result": rows, "search_count": len(rows)})

    def do_GET(self):
        if "changed" in self.path:
            return self.answer({"search_result": []})
        if "unpublished" in self.path:
            rows = [{"下架日期": "2019-07-01", "資料集名稱": "各鄉鎮市區人口統計", "提供機關": "內政部"}]
        else:
            rows = [{"sid": 5000 - n, "title": "希望開放", "created": "2024-01-02", "agency_name": "內政部",
                     "assign_status": "已分派", "reply_status": "已回復"} for n in range(self.REQUESTS)]
        return self.answer({"search_result": rows, "search_count": len(rows)})

    def answer(self, payload):
        body = json.dumps({"success": True, "payload": payload}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Daemon:
    """`jicui run` in a directory of its own, with the sample configuration but for the platform's address, if there is one."""

    def __init__(self, jicui, place, more="", platform=None):
        self.jicui, self.place, self.platform = jicui, pathlib.Path(place), platform
        self.port = free_port()
        source = f'base_url = "{platform.url}"' if platform else "enabled = false"
        config = f'state_dir = "state"\n[platform]\n{source}\n[web]\nlisten = "127.0.0.1:{self.port}"\n{more}'
        (self.place / "config.toml").write_text(config)
        shutil.copy(ROOT / "config/units.toml", self.place)

    def command(self, *arguments):
        return [self.jicui, "--config", str(self.place / "config.toml"), *arguments]

    def start(self):
        """Starts it and waits for READY=1; returns how long that took, in milliseconds."""
        notify = str(self.place / "notify")
        if os.path.exists(notify):
            os.unlink(notify)
        heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        heard.bind(notify)
        heard.settimeout(60)
        environment = {"NOTIFY_SOCKET": notify, "PATH": os.environ["PATH"], **SERVICE}
        if self.platform:
            environment["SSL_CERT_FILE"] = str(self.platform.trusted)
        log = open(self.place / "log", "w")
        began = time.monotonic()
        self.process = subprocess.Popen(self.command("run"), env=environment, stderr=log, preexec_fn=take_slack)
        while b"READY=1" not in heard.recv(4096):
            pass
        took = (time.monotonic() - began) * 1000
        heard.close()
        return took

    def wait_for_poll(self):
        """Until the platform was read, well."""
        ends = time.monotonic() + FIRST_POLL_SECONDS
        while b"\njicui_last_good_poll_age_seconds " not in page(self.port, "/metrics"):
            if time.monotonic() > ends:
                sys.exit(f"the platform was not read within {FIRST_POLL_SECONDS} s:\n" + (self.place / "log").read_text())
            time.sleep(1)

    def stop(self):
        self.process.terminate()
        if self.process.wait(30) != 0:
            sys.exit(f"jicui ended with {self.process.returncode}: see {self.place}/log")


def take_slack():
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, TIMER_SLACK_MS * 1_000_000, 0, 0, 0)


def resident_kb(pid, part="VmRSS"):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(part + ":"):
            return int(line.split()[1])
    return 0


def cpu_seconds(pid):
    """What all its threads have run, those that are gone too: Linux's clock of another process (clock_getcpuclockid)."""
    return time.clock_gettime((~pid << 3) | 2)


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def judge(what, value, limit, unit):
    well = value <= limit
    print(f"{what:<44} {value:10.2f} {unit} (limit {limit:g}){'' if well else '  TOO MUCH'}")
    return well


def fill(database):
    """A hundred thousand cases of ten years, a fiftieth of them open, each with history and messages."""
    store = sqlite3.connect(database)
    days = [f"20{year}-{month:02}-{day:02}" for year in range(17, 27) for month in range(1, 13) for day in range(1, 29)]
    cases, history, outbox = [], [], []
    for n in range(CASES):
        number, day = f"S-{n + 1_000_000}", days[n * len(days) // CASES]
        is_open = n >= CASES - CASES // 50
        cases.append((number, f"希望開放第{n}號資料集之歷年統計", day, day,
                      "open" if is_open else "replied", None if is_open else f"{day}T08:00:00Z", f"{day}T01:00:00Z"))
        history.append((number, f"{day}T01:00:00Z", "platform", "new", "", "open"))
        history.append((number, f"{day}T08:00:00Z", "platform", "replied", "open", "replied"))
        outbox.append((f"{number}/1/assigned", number, f"{day}T01:00:00Z", "sent", "【新案分派】請於期限前回復"))
    store.executemany(
        "insert into cases (number, kind, title, agency, url, assigned_on, starts_on, start_origin, round, state,"
        " replied_at, first_seen_at) values (?, 'request', ?, '勞動部', 'https://data.gov.tw/', ?, ?, 'given', 1, ?, ?, ?)",
        cases)
    store.executemany("insert into history (case_number, at, actor, event, before, after) values (?,?,?,?,?,?)", history)
    store.executemany(
        "insert into outbox (key, case_number, round, occasion, stage, channel, recipient, detail, state, queued_at,"
        " next_attempt_at, text) values (?, ?, 1, 'stage', 'assigned', 'slack:C00MOL0001', 'unit:mol', '', ?4, ?3, ?3, ?5)",
        outbox)
    store.commit()
    store.close()
    return os.path.getsize(database) / 1e6


def start(jicui, place):
    daemon = Daemon(jicui, place, "[backup]\nenabled = false\n")
    subprocess.run(daemon.command("cases"), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    size = fill(daemon.place / "state/jicui.db")
    took = []
    for _ in range(5):
        took.append(daemon.start())
        daemon.process.kill()
        daemon.process.wait()
    print(f"{CASES} cases, {size:.0f} MB, READY after " + ", ".join(f"{ms:.0f}" for ms in took) + " ms")
    return judge("start to READY, the fastest of five", min(took), START_MS, "ms")


def idle(jicui, place):
    daemon = Daemon(jicui, place, platform=Platform(place))
    daemon.start()
    daemon.wait_for_poll()
    time.sleep(10)
    pid, minute = daemon.process.pid, 120 if "--long" in sys.argv else 60
    # From one minute to the next it differs by half.
    for _ in range(2):
        wait_between_polls(minute)
        spent, wakings, bare = rest(pid, minute)
        allowed = round(max(CPU_SECONDS_AN_HOUR, BARE_TIMES * bare), 2)
        if spent <= allowed:
            break
    print(f"at rest: a bare process that wakes {BARE_WAKINGS_A_SECOND} times a second takes {bare:.2f} s of CPU in an hour")
    well = judge("at rest: resident", resident_kb(pid) / 1024, RESIDENT_KB / 1024, "MB")
    well &= judge("at rest: wakings in a second", wakings, WAKINGS_A_SECOND, "  ")
    well &= judge("at rest: CPU in an hour", spent, allowed, "s ")
    daemon.stop()
    return well


def wait_between_polls(seconds):
    """Until no poll is under way, and none begins within `seconds`: a daemon that polls is not at rest."""
    since = time.time() % POLLS_EVERY
    if since < POLL_SECONDS:
        time.sleep(POLL_SECONDS - since)
    elif since + seconds + 5 > POLLS_EVERY:
        time.sleep(POLLS_EVERY - since + POLL_SECONDS)


def rest(pid, seconds):
    """The CPU that `pid` takes in an hour, in seconds, its wakings in a second, and the CPU of a bare process beside it."""
    sleeper = f"import time\nwhile True: time.sleep({1 / BARE_WAKINGS_A_SECOND})"
    bare = subprocess.Popen([sys.executable, "-c", sleeper], preexec_fn=take_slack)
    time.sleep(2)
    began, before, woken_before = time.monotonic(), (cpu_seconds(pid), cpu_seconds(bare.pid)), wakings(pid)
    time.sleep(seconds)
    took, after, woken_after = time.monotonic() - began, (cpu_seconds(pid), cpu_seconds(bare.pid)), wakings(pid)
    bare.kill()
    bare.wait()
    spent, by_bare = [(late - early) / took * 3600 for late, early in zip(after, before)]
    # What a thread that is gone was woken for nobody counts any more.
    woken = sum(late - woken_before.get(thread, 0) for thread, late in woken_after.items())
    return spent, woken / took, by_bare


def wakings(pid):
    """How often each of its threads waited and was woken."""
    threads = pathlib.Path(f"/proc/{pid}/task").glob("*/status")
    return {one.parent: int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", one.read_text(), re.M)[1]) for one in threads}


class Reader(threading.Thread):
    """Somebody who is signed in to the demonstration's console and opens one page after another."""

    PAGES = ["/", "/?lang=en", "/cases", "/cases?state=all&q=1", "/calendar", "/units", "/outbox", "/report", "/system",
             "/api/v1/cases", "/metrics"]

    def __init__(self, port, password):
        super().__init__(daemon=True)
        self.at, self.password, self.opened, self.bad = f"http://127.0.0.1:{port}", password, 0, set()
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def run(self):
        words = {"next": "/", "language": "zh-TW", "name": "demo", "password": self.password}
        while not self.opened:
            try:
                self.opened += self.browser.open(self.at + "/sign-in", urllib.parse.urlencode(words).encode()).status == 200
            except urllib.error.HTTPError as error:
                self.bad.add(f"/sign-in: {error.code}")
                return
            except urllib.error.URLError:  # the pages are not there yet
                time.sleep(0.1)
        while True:
            path = self.PAGES[self.opened % len(self.PAGES)]
            try:
                text = self.browser.open(self.at + path).read().decode()
            except urllib.error.HTTPError as error:
                self.bad.add(f"{path}: {error.code}")
            except OSError:
                return
            else:
                if 'type="password"' in text:
                    self.bad.add(f"{path}: the reader is signed out")
            self.opened += 1
            time.sleep(0.25)  # each page once in three seconds: no more than one caller may ask


def demonstration(jicui, place, watched_by=()):
    """The demonstration, somebody who reads its pages, and what is set once its story is told."""
    port = free_port()
    environment = {"TMPDIR": place, "PATH": os.environ["PATH"], **SERVICE}
    command = [*watched_by, jicui, "demo", "--speed", "4", "--listen", f"127.0.0.1:{port}"]
    demo = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    password = next(found[1] for line in demo.stdout if (found := re.search("password `([^`]+)`", line)))
    reader, over = Reader(port, password), threading.Event()
    reader.start()

    def listen():
        for line in demo.stdout:
            if line.startswith("━━ who answered when"):
                over.set()

    threading.Thread(target=listen, daemon=True).start()
    return demo, reader, over


def growth_percent(samples):
    """By how much resident memory grew within these samples, by the line that fits them best."""
    times, memory = [s[0] for s in samples], [s[1] for s in samples]
    return statistics.linear_regression(times, memory).slope * (times[-1] - times[0]) / statistics.mean(memory) * 100


def soak(jicui, place):
    """Some two thousand rings of every bell warm it up, over the demonstration's three weeks and the turn of a month, while
    somebody reads every page; then it has another thousand, of weeks in which nothing new happens: it may not grow. A step of
    128 kB, seen in one run of three, is no growth: who grows does so in each of three spans."""
    demo, reader, over = demonstration(jicui, place)
    began, samples, spans, warm_from = time.monotonic(), [], [], None
    while demo.poll() is None:
        time.sleep(0.25)
        now = time.monotonic() - began
        if warm_from is None and over.is_set():
            warm_from = now + WARM_SECONDS
        samples.append((now, resident_kb(demo.pid), resident_kb(demo.pid, "RssAnon"), descriptors(demo.pid)))
        if warm_from is not None and now >= warm_from + SOAK_SECONDS:
            spans.append([sample for sample in samples if sample[0] > warm_from])
            warm_from = now
            print(f"soak: {len(spans[-1])} samples over {SOAK_SECONDS} s: growth of resident memory {growth_percent(spans[-1]):.2f} %")
            if growth_percent(spans[-1]) <= SLOPE_PERCENT or len(spans) == SPANS:
                break
    demo.terminate()
    if demo.wait() != 0 or not spans:
        sys.exit(f"the demonstration ended with {demo.returncode}")
    if "--long" in sys.argv:
        for sample in samples[:: len(samples) // 20]:
            print(f"  {sample[0]:6.1f} s {sample[1]} kB, {sample[2]} of it its own, {sample[3]} descriptors")
    last = spans[-1]
    counts = sorted(s[3] for s in last)
    middle = counts[len(counts) // 10 : -len(counts) // 10]
    print(f"{last[0][1]} to {last[-1][1]} kB resident, {last[0][2]} to {last[-1][2]} kB of it its own, "
          f"{middle[0]} to {middle[-1]} descriptors, {reader.opened} pages opened meanwhile")
    for fault in sorted(reader.bad):
        print("  " + fault)
    well = not reader.bad and reader.opened > 100
    well &= judge("soak: growth of resident memory once warm", growth_percent(last), SLOPE_PERCENT, "% ")
    first, second = last[: len(last) // 2], last[len(last) // 2 :]
    # Now and then a request is under way when descriptors are counted: that is no leak.
    grown = statistics.median(s[3] for s in second) - statistics.median(s[3] for s in first)
    return judge("soak: more descriptors open than before", grown, 0, "  ") and well


def page(port, path, host="127.0.0.1"):
    return exchange(port, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())


def exchange(port, request, wait=15):
    """What is answered to these bytes; nothing where the connection is cut."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        try:
            connection.sendall(request)
            answer = b""
            while more := connection.recv(65536):
                answer += more
            return answer
        except OSError:
            return b""


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


HOSTILE = [
    ("a head of a megabyte", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n", {0, 431}),
    ("an address of a megabyte", b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", {0, 414, 431}),
    ("a thousand header lines", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"A: b\r\n" * 1000 + b"\r\n", {0, 431}),
    ("a body of ten megabytes", b"POST /act/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
     b"Content-Length: 10000000\r\nConnection: close\r\n\r\n" + b"a" * 10_000_000, {0, 400, 403, 404, 405, 413, 415}),
    ("a length that is none", b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: many\r\n\r\n", {0, 400}),
    ("two lengths", b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", {0, 400}),
    ("a length and chunks", b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"
     b"Connection: close\r\n\r\n0\r\n\r\n", {0, 400, 403, 404, 405}),
    ("chunks that are none", b"POST /act/x HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
     b"Connection: close\r\n\r\nzz\r\n", {0, 400, 403, 404, 405, 415}),
    ("no HTTP at all", b"\x16\x03\x01\x02\x00" + os.urandom(500), {0, 400}),
    ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {0, 400, 404, 505}),
    ("another host", b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", {421}),
    ("no host", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", {400, 421}),
    ("two hosts", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", {400, 421}),
    ("another host in the address", b"GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", {400, 421}),
]
PATHS = [
    "/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd", "//etc/passwd", "/./config.toml",
    "/style.css/../../jicui.db", "/%00", "/a%00.css", "/%ff%fe", "/%", "/%zz", "/api/v1/cases/..%2f..%2f",
    "/api/v1/cases/%27%20or%201=1--", "/\\..\\..\\jicui.db", "/.git/config", "/state/jicui.db", "/act/" + "A" * 8000,
]


def hostile(jicui, place):
    """Everything is refused, nobody else waits, and memory is what it was."""
    daemon = Daemon(jicui, place, "caller_requests_per_min = 1000000\nrequests_per_min = 1000000\nrequest_timeout_secs = 3\n")
    daemon.start()
    well, pid = True, daemon.process.pid

    def round_of_everything():
        bad = []
        for name, request, expected in HOSTILE:
            got = status(exchange(daemon.port, request))
            if got not in expected:
                bad.append(f"{name}: answered {got}, expected one of {sorted(expected)}")
        for path in PATHS:
            answer = page(daemon.port, path)
            if status(answer) not in {0, 400, 401, 403, 404, 405, 414, 431} or b"root:" in answer:
                bad.append(f"{path}: answered {status(answer)}")
        return bad

    bad = round_of_everything()
    slow_ones = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(60)]
    for n, connection in enumerate(slow_ones):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" if n % 2 else b"G")
    if status(page(daemon.port, "/healthz")) != 200:
        bad.append("sixty slow callers keep others from being answered")
    began = time.monotonic()
    for connection in slow_ones:
        connection.settimeout(20)
        try:
            while connection.recv(4096):
                pass
        except OSError:
            bad.append("a slow caller was not cut off in time")
            break
        finally:
            connection.close()
    print(f"slow callers were cut off within {time.monotonic() - began:.1f} s")
    before, opened = resident_kb(pid), descriptors(pid)
    rounds = 10
    threads = [threading.Thread(target=lambda: bad.extend(round_of_everything())) for _ in range(rounds)]
    for some in (threads[:5], threads[5:]):
        for thread in some:
            thread.start()
        for thread in some:
            thread.join()
    time.sleep(4)
    for fault in sorted(set(bad)):
        print("  " + fault)
    well &= not bad
    print(f"{(rounds + 1) * (len(HOSTILE) + len(PATHS))} hostile requests, resident {before} to {resident_kb(pid)} kB")
    well &= judge("hostile: growth of resident memory", (resident_kb(pid) - before) / 1024, 1.0, "MB")
    well &= judge("hostile: descriptors left open", descriptors(pid) - opened, 0, "  ")
    well &= status(page(daemon.port, "/healthz")) == 200
    daemon.stop()
    return well


def install(program):
    """A program that a check needs, from the package of its name."""
    if not shutil.which(program):
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", program],
                       check=True, stdout=subprocess.DEVNULL)


def in_office_time(command):
    """The command on a Tuesday morning: whenever the check runs, reminders are due."""
    install("faketime")
    return ["env", "TZ=Asia/Taipei", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime", "-f", "@2026-03-10 10:00:00", *command]


def journal(jicui, place):
    """Acts as the journal where there is none; where there is one, asks it."""
    path = pathlib.Path("/run/systemd/journal/socket")
    daemon = Daemon(jicui, place)
    once = in_office_time(daemon.command("once"))
    add = daemon.command("cases", "add", "J-1", "--kind", "request", "--title", "民眾的話", "--agency", "勞動部",
                         "--assigned-on", "2026-03-02")
    subprocess.run(add, check=True, stderr=subprocess.DEVNULL)
    if path.exists():
        subprocess.run(["systemd-cat", *once], env={**os.environ, "JICUI_LOG": "info"}, check=False)
        subprocess.run(["journalctl", "--sync"], check=True)
        said = subprocess.run(["journalctl", "--since=-1min", "-o", "export", "CASE_NUMBER=J-1"], capture_output=True, check=True).stdout
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        heard.bind(str(path))
        heard.settimeout(1)
        reading, writing = os.pipe()
        known = os.fstat(writing)
        environment = {"JOURNAL_STREAM": f"{known.st_dev}:{known.st_ino}", "JICUI_LOG": "info", "PATH": os.environ["PATH"]}
        ran = subprocess.Popen(once, env=environment, stderr=writing)
        entries = []
        try:
            while True:
                entries.append(heard.recv(1 << 20))
        except TimeoutError:
            ran.wait(30)
        finally:
            heard.close()
            path.unlink()
            os.close(writing)
            os.close(reading)
        said = b"\n".join(entry for entry in entries if b"CASE_NUMBER=J-1" in entry or b"CASE_NUMBER\n" in entry)
    lines = said.count(b"CASE_NUMBER")
    print(f"{lines} entries of the case by its number, {'no' if '民眾的話'.encode() not in said else 'SOME'} word of its citizen")
    return lines > 0 and "民眾的話".encode() not in said and b"STAGE" in said


def main():
    steps = {"start": start, "idle": idle, "soak": soak, "hostile": hostile, "journal": journal}
    given = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    what = given[0] if given else "all"
    if what not in {*steps, "all"}:
        sys.exit(__doc__)
    jicui = os.path.abspath(given[1] if len(given) > 1 else RELEASE)
    well = True
    for name in steps if what == "all" else [what]:
        with tempfile.TemporaryDirectory() as place:
            well &= steps[name](jicui, place)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
