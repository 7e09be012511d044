"""Slack's own library looks at what we post and open: usage: check_slack.py FILE... (needs slack_sdk)"""

import copy
import json
import sys
import warnings

warnings.simplefilter("ignore")
from slack_sdk.models import JsonObject  # noqa: E402
from slack_sdk.models.blocks import Block  # noqa: E402
from slack_sdk.models.views import View  # noqa: E402

# Above some 13,000 characters Slack answers msg_blocks_too_long.
BLOCKS_LIMIT = 13_000
VIEW_LIMIT = 250_000


def parts(thing):
    """Every object of the library's model, from the outside in."""
    if isinstance(thing, JsonObject):
        yield thing
        thing = list(vars(thing).values())
    if isinstance(thing, (list, tuple)):
        for part in thing:
            yield from parts(part)


def texts(thing):
    """Every text object of the body."""
    if isinstance(thing, dict):
        if thing.get("type") in ("plain_text", "mrkdwn"):
            yield thing
        for part in thing.values():
            yield from texts(part)
    elif isinstance(thing, list):
        for part in thing:
            yield from texts(part)


def faults(body):
    blocks = body.get("blocks", [])
    if body.get("type") == "modal":
        try:
            View(**copy.deepcopy(body)).validate_json()
        except Exception as error:
            yield f"View: {error}"
    elif not body.get("text", "").strip():
        yield "no text for notifications and screen readers"
    if len(body.get("text", "")) > 4000:
        yield "the text is longer than 4000"
    limit = BLOCKS_LIMIT if body.get("type") != "modal" else VIEW_LIMIT
    if len(blocks) > 50 or len(json.dumps(blocks, ensure_ascii=False)) > limit:
        yield "too many or too long blocks"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "a block_id twice"
    for raw, block in zip(blocks, Block.parse_all(copy.deepcopy(blocks))):
        if block is None or type(block) is Block:
            yield f"an unknown block: {raw.get('type')}"
            continue
        for part in parts(block):
            try:
                part.validate_json()
            except Exception as error:  # the library raises its own kinds
                yield f"{type(part).__name__}: {error}"
        actions = [e.get("action_id") for e in raw.get("elements", []) if "action_id" in e]
        if len(actions) != len(set(actions)):
            yield "an action_id twice"
    for text in texts(blocks):
        # Nothing a citizen typed may mention: only member ids stand between <@ and >.
        if text["type"] == "mrkdwn":
            for bit in text["text"].split("<")[1:]:
                word = bit.split(">")[0]
                if not (word.startswith("@U") and word[1:].isalnum()):
                    yield f"something acts: <{word}>"
    for name, value in body.get("metadata", {}).get("event_payload", {}).items():
        if not isinstance(value, str):
            yield f"metadata.{name} is no text"


bad = 0
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        found = list(faults(json.load(file)))
    for fault in found:
        print(f"{path}: {fault}")
    bad += bool(found)
print(f"{len(sys.argv) - 1} Slack messages and modals, {bad} bad")
sys.exit(bad > 0 or len(sys.argv) == 1)
