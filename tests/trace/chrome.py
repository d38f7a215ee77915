#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""chrome.py FILE [WHAT...]: whether a trace in Chrome's format is what Perfetto can draw without a complaint.

Slices of a thread are strictly nested, outer layers outside; each b has its e, of the same name and thread, and
not before it; both ends of a flow lie in a slice; counters are numbers and are those of one process. Prints what
there is of WHAT, which are names of flows (fork, completion), of counters, of asynchronous slices, or "text".
"""
import collections
import json
import sys

LAYERS = {"sys": 0, "vfs": 1, "nt": 2, "host": 3}


def ns(us):
    return round(us * 1000)


def threads(events):
    """Slices by thread, outer ones first."""
    found = collections.defaultdict(list)
    for e in events:
        if e["ph"] == "X":
            found[e["tid"]].append((ns(e["ts"]), ns(e["ts"] + e["dur"]), LAYERS.get(e["cat"], 4), e))
    for slices in found.values():
        slices.sort(key=lambda s: (s[0], -s[1], s[2]))
    return found


def check_nesting(slices):
    stack = []
    for start, end, layer, e in slices:
        while stack and stack[-1][1] <= start:
            stack.pop()
        if stack and end > stack[-1][1]:
            sys.exit(f"not nested: {e}")
        if stack and end > start and layer < stack[-1][2]:
            sys.exit(f"a layer inside of a lower one: {e}")
        if end > start:
            stack.append((start, end, layer))


def check_async(events):
    open_at = {}
    for e in events:
        key = (e["cat"], e.get("id"))
        if e["ph"] == "b":
            if key in open_at:
                sys.exit(f"begins twice: {e}")
            open_at[key] = e
        elif e["ph"] == "e":
            b = open_at.pop(key, None)
            if not b or b["name"] != e["name"] or b["tid"] != e["tid"] or b["ts"] > e["ts"]:
                sys.exit(f"no beginning: {e}")
    if open_at:
        sys.exit(f"no end: {open_at}")


def check_flows(events, slices):
    ends = collections.defaultdict(dict)
    for e in events:
        if e["ph"] in "sf":
            if e["ph"] in ends[e["id"]]:
                sys.exit(f"a flow's end twice: {e}")
            ends[e["id"]][e["ph"]] = e
            at = ns(e["ts"])
            if not any(start <= at <= end for start, end, _, _ in slices[e["tid"]]):
                sys.exit(f"a flow's end in no slice: {e}")
    for pair in ends.values():
        if set(pair) != {"s", "f"} or pair["s"]["ts"] > pair["f"]["ts"] or pair["s"]["name"] != pair["f"]["name"]:
            sys.exit(f"half a flow: {pair}")


def main():
    text = open(sys.argv[1], encoding="ascii").read()
    events = json.loads(text)
    slices = threads(events)
    for of_thread in slices.values():
        check_nesting(of_thread)
    check_async(events)
    check_flows(events, slices)
    counters = [e for e in events if e["ph"] == "C"]
    if len({e["pid"] for e in counters}) > 1:
        sys.exit("counters of several processes")
    for e in counters:
        if any(not isinstance(v, int) or v < 0 or v > 1 << 30 for v in e["args"].values()):
            sys.exit(f"not a count: {e}")
    there = {e["name"] for e in events if e["ph"] in "sCb"}
    print(" ".join(["sound"] + [w for w in sys.argv[2:] if w in there]))


main()
