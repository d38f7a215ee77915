# SPDX-License-Identifier: MIT
"""Speed, as `make bench` measured it, for the page: one bar a row, its length the ratio to native on a log scale."""
import html
import json
import math

SCHEMA = 1
TICKS = (1, 3, 10, 30, 100, 300)  # times native; the last is the end of the scale
WIDTH = 300


def load(path):
    """A file that `make bench` has written. ValueError: it is something else."""
    with open(path, encoding="utf-8") as f:
        document = json.load(f)
    try:
        good = document["v"] == SCHEMA and all(row["native_ns"] > 0 and row["lxrun_ns"] > 0 and row["name"] and row["ratio"] > 0
                                               for row in document["rows"])
    except (KeyError, TypeError):
        good = False
    if not good:
        raise ValueError(f"{path}: not a result file of make bench")
    return document


def figure(ns):
    for limit, unit, scale in ((1e4, "ns", 1), (1e7, "\u00b5s", 1e3), (1e10, "ms", 1e6)):
        if ns < limit:
            return f"{ns / scale:.{0 if ns / scale >= 100 else 1}f} {unit}"
    return f"{ns / 1e9:.1f} s"


def place(ratio):
    """Where a ratio is on the scale."""
    return WIDTH * min(1.0, max(0.0, math.log(ratio) / math.log(TICKS[-1])))


def bar(row):
    """To the right what is slower; the shape at its end says whether it is at most three times native."""
    end, slow = place(row["ratio"]), row["ratio"] > 3
    grid = "".join(f'<path d="M{place(t):.0f} 0v16" stroke="#d0d7de"/>' for t in TICKS[1:-1])
    fill = "#9a6700" if slow else "#1a7f37"
    tip = (f'<path d="M{end:.1f} 3l6 5l-6 5z" fill="{fill}"/>' if slow else f'<circle cx="{end:.1f}" cy="8" r="4" fill="{fill}"/>')
    return (f'<svg class="speed" viewBox="-10 0 {WIDTH + 18} 16" preserveAspectRatio="xMinYMid meet" aria-hidden="true">{grid}'
            f'<path d="M0 0v16" stroke="#57606a"/><rect y="5" width="{end:.1f}" height="6" fill="{fill}"/>{tip}</svg>')


def axis():
    marks = "".join(f'<text x="{place(t):.0f}" y="11" text-anchor="middle">{t}\u00d7</text>' for t in TICKS[:-1])
    return (f'<svg class="speed" viewBox="-10 0 {WIDTH + 18} 16" preserveAspectRatio="xMinYMid meet" role="img" '
            f'aria-label="times native, on a logarithmic scale" font-size="10" fill="#57606a">{marks}</svg>')


def chart(document):
    rows = "".join(
        f'<tr><th scope="row">{html.escape(str(row["name"]))}</th><td class="n">{figure(row["native_ns"])}</td>'
        f'<td class="n">{figure(row["lxrun_ns"])}</td><td class="n">{row["ratio"]:.2f}</td><td class="wide">{bar(row)}</td></tr>'
        for row in document["rows"])
    return ('<h2 id="speed">Speed</h2><p class="sub">Medians of '
            f'{int(document.get("rounds", 1))} rounds of <code>make bench</code> on {html.escape(str(document.get("kernel", "this machine")))}; '
            'a dot ends what takes at most three times native, an arrow what takes longer.</p>'
            '<table class="speed"><tr><th scope="col"></th><th scope="col">native</th><th scope="col">lxrun</th>'
            f'<th scope="col">ratio</th><th scope="col" class="wide">{axis()}</th></tr>{rows}</table>')
