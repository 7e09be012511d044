#!/usr/bin/env python3
"""Writes packaging/used_first.ld: what the linker puts first, so that what a daemon uses lies together (build.rs).

    .ci/used_first.py [JICUI]   some 4 minutes; JICUI is target/release/jicui. Needs valgrind and nm

By valgrind's account of every function that ran: what a daemon uses at rest, polls among it, then what its start needs, then what
work and pages need, by the demonstration. Names are Rust's own (v0, .cargo/config.toml), which tell the copies of a generic
function apart by their types; only the hash of each crate is left out: the script outlives most changes. Run it again when `.ci/endurance.py idle` says that too much is resident.
"""
import collections
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from endurance import RELEASE, ROOT, SOAK_SECONDS, WARM_SECONDS, Daemon, Platform, demonstration, page

# Every bell that rings each minute rings in this time, even as slow as a watched program is.
REST_SECONDS = 90
# What this machine's processor has and valgrind's has not, and what runs only when callers or threads meet.
SELDOM = ["_R*_4sha2*", "_R*5hyper5error*", "_R*5hyper5proto2h14conn5State*", "_R*4sync4mpmc*", "_R*3net6parser*",
          "_R*6thread6Thread4park", "_R*4task3raw7dealloc*"]
HEAD = """\
/* What the linker puts first: what a daemon at rest uses, then what its start, then what its work needs.
   Written by .ci/used_first.py. */
SECTIONS
{
  .text.used : {
"""
FOOT = """\
    *(.text.unlikely.*)
  }
}
INSERT BEFORE .text;
"""


def watching(file):
    """What a command is begun with for valgrind to write to `file` which functions ran."""
    return ["valgrind", "-q", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={file}"]


class Watched(Daemon):
    """A daemon whose every function is taken down."""

    def command(self, *arguments):
        return [*watching(self.place / "ran"), *super().command(*arguments)]


def at_rest_and_start(jicui, place):
    daemon = Watched(jicui, place, platform=Platform(place))
    daemon.start()
    time.sleep(10)
    subprocess.run(["callgrind_control", "--dump", str(daemon.process.pid)], check=True, stdout=subprocess.DEVNULL)
    daemon.wait_for_poll()
    time.sleep(REST_SECONDS)
    for path in ["/metrics", "/readyz", "/"]:
        page(daemon.port, path)
    daemon.stop()
    # What ran before is written first, and every name where it occurs first.
    names = {}
    start, rest = (ran(place / file, names) for file in ["ran.1", "ran"])
    return rest + start


def work(jicui, place):
    demo, _, over = demonstration(jicui, place, watching(place / "worked"))
    over.wait()
    # The soak's weeks too: what is used for the first time later makes memory grow.
    time.sleep(WARM_SECONDS + SOAK_SECONDS)
    demo.terminate()
    if demo.wait() != 0:
        sys.exit(f"the demonstration ended with {demo.returncode}")
    return ran(place / "worked", {})


def ran(file, names):
    """The names of the functions that ran, by callgrind's file; `names` is what its numbers mean."""
    numbers = []
    for line in file.read_text(errors="replace").splitlines():
        if called := re.match(r"(c?fn)=\((\d+)\)(?: (.*))?", line):
            kind, number, name = called.groups()
            if name:
                names[number] = name
            if kind == "fn":
                numbers.append(number)
    return [re.sub(r"'\d+$", "", names[number]) for number in numbers]


def section(name):
    """Where the linker finds it, whatever the compiler's hashes are next time."""
    name = re.sub(r"\.\d+$", "*", name)
    return re.sub(r"Cs[0-9A-Za-z]+_", "Cs*_", name) if name.startswith("_R") else name


def sections(resting, working, own):
    """In order: what rests by its own name, where others share it but for the hash; then everybody of each name. Once the
    hashes are others, what is used still lies together, with its namesakes."""
    namesakes = collections.Counter(section(name) for name in own)
    exact = [name if namesakes[section(name)] > 1 else section(name) for name in resting]
    return dict.fromkeys(exact + SELDOM + [section(name) for name in resting + working])


def main(jicui):
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        resting, working = at_rest_and_start(jicui, place), work(jicui, place)
    symbols = subprocess.run(["nm", "--defined-only", "--format=just-symbols", jicui], check=True, capture_output=True, text=True)
    own = set(symbols.stdout.split())
    resting, working = [[name for name in names if name in own] for names in [resting, working]]
    # What the compiler takes for unlikely lies elsewhere, and some of it runs all the same.
    lines = [f"    *(.text.{name} .text.unlikely.{name})\n" for name in sections(resting, working, own)]
    (ROOT / "packaging/used_first.ld").write_text(HEAD + "".join(lines) + FOOT)
    print(f"{len(set(resting))} functions at rest and at the start, {len(set(working) - set(resting))} more at work")


main(sys.argv[1] if len(sys.argv) > 1 else str(RELEASE))
