#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""nested.py FILE: whether the slices of a trace in Chrome's format are strictly nested on each thread."""
import json
import sys

events = json.load(open(sys.argv[1]))
slices = [e for e in events if e["ph"] == "X"]
layers = {"sys": 0, "vfs": 1, "nt": 2, "host": 3}
for tid in {e["tid"] for e in slices}:
    mine = [e for e in slices if e["tid"] == tid]
    mine.sort(key=lambda e: (e["ts"], -e["dur"], layers.get(e["cat"], 4)))
    stack = []
    for e in mine:
        start, end = round(e["ts"] * 1000), round((e["ts"] + e["dur"]) * 1000)
        while stack and stack[-1] <= start:
            stack.pop()
        if stack and end > stack[-1]:
            sys.exit(f"not nested: {e}")
        if end > start:
            stack.append(end)
flows = {p: {e["id"] for e in events if e["ph"] == p} for p in "sf"}
print("nested, with a fork" if flows["s"] and flows["s"] <= flows["f"] else f"no flow: {flows}")
