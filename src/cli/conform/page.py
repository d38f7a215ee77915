# SPDX-License-Identifier: MIT
"""The results as one HTML page that needs nothing else: no scripts, no other files, under a megabyte; and a badge."""
import html
import os
import re

import chart
import report

LIMIT = 950_000  # bytes; traces are left out beyond
SIDES = (("native", "native"), ("lxrun", "lxrun"), ("wsl1", "lxrun --quirks"), ("published", "WSL 1, published"))

# A shape for each verdict, so that colours are not needed: drawn once, used everywhere.
SHAPES = {
    "pass": '<circle cx="8" cy="8" r="6" fill="#1a7f37"/><path d="M5 8.2l2.2 2.2L11 6" fill="none" stroke="#fff" '
            'stroke-width="1.8"/>',
    "fail": '<rect x="2" y="2" width="12" height="12" fill="#b3261e"/><path d="M5 5l6 6M11 5l-6 6" stroke="#fff" '
            'stroke-width="1.8"/>',
    "skip": '<path d="M8 1.5L14.5 8L8 14.5L1.5 8z" fill="#fff" stroke="#57606a" stroke-width="1.5"/>',
    "timeout": '<path d="M8 1.5L15 14H1z" fill="#9a6700"/><path d="M8 6v4M8 11.3v1.2" stroke="#fff" stroke-width="1.6"/>',
    "none": '<path d="M5 8h6" stroke="#8c959f" stroke-width="1.5"/>',
}
WORDS = {"same": "passes on both sides", "flaky": "failed once under lxrun, then passed", "known": "a known difference",
         "different": "a difference that nobody expected", "unexpected": "passes, was expected to fail",
         "uncounted": "does not pass natively, not counted"}

STYLE = """
:root{color-scheme:light}
body{font:15px/1.5 system-ui,sans-serif;color:#24292f;background:#fff;margin:0 auto;max-width:1100px;padding:1rem}
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:1px solid #d0d7de}
h3{font-size:1rem;margin:1.2rem 0 .2rem}
code,pre{font:12.5px/1.45 ui-monospace,Menlo,Consolas,monospace}
pre{background:#f6f8fa;padding:.6rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #d8dee4}
td.n{font-variant-numeric:tabular-nums;white-space:nowrap}svg.v{width:16px;height:16px;vertical-align:-3px}
.big{font-size:2.2rem;font-weight:700;line-height:1.1}.sub{color:#57606a}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.6rem 0}dt{color:#57606a}dd{margin:0;overflow-wrap:anywhere}
ul.tests{list-style:none;padding:0;columns:19rem;column-gap:1.5rem;margin:.4rem 0}
ul.tests li{break-inside:avoid;padding:1px 0;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
ul.tests svg.v{margin-right:3px}.bar{width:100%;max-width:120px;height:10px;display:block}
ul.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}
article{break-inside:avoid-page;border-left:3px solid #b3261e;padding-left:.8rem;margin:1rem 0}
article.known{border-color:#8c959f}
svg.speed{width:100%;min-width:220px;max-width:330px;height:16px;display:block}table.speed th[scope=row]{font-weight:400}
nav a{margin-right:1rem}.count{white-space:nowrap;margin-right:.5rem}:target{background:#fff8c5}td.wide,th.wide{width:34%}
@media(max-width:640px){td.n{font-size:.8rem}td.n svg.v{width:11px;height:11px;vertical-align:-1px}body{font-size:14px;padding:.6rem}th,td{padding:.2rem .15rem}th{font-size:.72rem}.bar,.wide{display:none}ul.tests{columns:11rem}
dl{grid-template-columns:1fr}dt{margin-top:.3rem}
table.speed tr{display:grid;grid-template-columns:1fr 4.6rem 4.6rem 3.2rem;border-bottom:1px solid #d8dee4}
table.speed th,table.speed td{border:0}table.speed .wide{display:block;width:auto;grid-column:1/-1}}
@media print{body{max-width:none}details>summary{list-style:none}a{color:inherit;text-decoration:none}}
"""


def shape_of(verdict):
    if verdict is None:
        return "none"
    if verdict in ("pass", "skip", "timeout"):
        return verdict
    return "fail"


def mark(verdict, label=""):
    text = html.escape(f"{label}{verdict or 'not run'}", quote=True)
    return f'<svg class="v" role="img" aria-label="{text}"><title>{text}</title><use href="#{shape_of(verdict)}"/></svg>'


def side(row, key):
    value = row.get(key)
    return value["verdict"] if isinstance(value, dict) else value


def shown_sides(document):
    return [(k, label) for k, label in SIDES if any(k in row for row in document["tests"])]


def anchor(name):
    return "t-" + re.sub(r"[^A-Za-z0-9_.-]", "-", name)


def trace_anchor(row):
    """Where a click on a test leads: to its trace, which the browser then opens, or to the difference."""
    return ("trace-" if row["trace"] else "t-") + anchor(row["name"])[2:]


# ---- parts of the page ----


def head(document):
    good, total = report.ratio(document)
    s = document["summary"]
    facts = [("suite", document["suite"]), ("its commit", document["commit"]), ("native kernel", document["kernel"]),
             ("lxrun", " ".join([document["lxrun"]] + document["options"])), ("shard", document["shard"]),
             ("run", document["time"])]
    if document.get("wsl1"):
        facts.insert(4, ("third side", "lxrun --quirks=" + document["wsl1"]))
    percent = f"{100 * good / total:.1f} %" if total else "nothing to compare"
    counts = "".join(f"<li><b>{s[k]}</b> {html.escape(WORDS[k])}</li>" for k in WORDS if s[k])
    return (f'<h1>{html.escape(document["suite"])}: native Linux and lxrun</h1>'
            f'<p><span class="big">{percent}</span><br>{good} of {total} tests that pass natively pass under lxrun</p>'
            f'<ul class="legend">{counts}</ul><dl>'
            + "".join(f"<dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd>" for k, v in facts) + "</dl><nav>"
            '<a href="#topics">By topic</a><a href="#tests">Test by test</a><a href="#differences">Differences</a>'
            + ('<a href="#speed">Speed</a>' if "speed" in document else "") + "</nav>")


def bar(good, total):
    width = 120 * good / total if total else 0
    return (f'<svg class="bar" viewBox="0 0 120 10" preserveAspectRatio="none" aria-hidden="true">'
            f'<rect width="120" height="10" fill="#d8dee4"/><rect width="{width:.1f}" height="10" fill="#1a7f37"/></svg>')


def topics(document):
    found = {}
    for row in document["tests"]:
        found.setdefault(row["topic"], []).append(row)
    return sorted(found.items())


def worst(verdicts):
    """What a cell of many tests shows: a failure if there is one."""
    order = ("pass", "skip", "timeout", "fail")
    return max(verdicts, key=lambda v: order.index(shape_of(v)))


def matrix(document):
    """Topics by sides: how many pass, of those that the side has a verdict of."""
    sides = shown_sides(document)
    rows = []
    for topic, tests in topics(document):
        cells = ""
        for key, _ in sides:
            verdicts = [side(t, key) for t in tests if side(t, key)]
            good = verdicts.count("pass")
            cells += (f'<td class="n">{mark(worst(verdicts))} {good}/{len(verdicts)}{bar(good, len(verdicts))}</td>' if verdicts
                      else f"<td>{mark(None)}</td>")
        rows.append(f'<tr><th scope="row"><a href="#{anchor(topic)}">{html.escape(topic)}</a></th>{cells}</tr>')
    titles = "".join(f'<th scope="col">{html.escape(label)}</th>' for _, label in sides)
    return f'<h2 id="topics">By topic</h2><table><tr><th scope="col">passed</th>{titles}</tr>{"".join(rows)}</table>'


def test_lists(document):
    sides = shown_sides(document)
    order = ", ".join(label for _, label in sides)
    legend = "".join(f"<li>{mark(v)} {text}</li>" for v, text in
                     (("pass", "passes"), ("fail", "fails"), ("skip", "skips itself"), ("timeout", "did not end in time"),
                      (None, "not run")))
    parts = [f"<h2 id=tests>Test by test</h2><p>Marks, from left: {html.escape(order)}.</p><ul class=legend>{legend}</ul>"]
    for topic, tests in topics(document):
        items = ""
        for t in tests:
            marks = "".join(mark(side(t, key), label + ": ") for key, label in sides)
            name = html.escape(t["name"])
            if "output" in t:
                name = f'<a href="#{trace_anchor(t)}">{name}</a>'
            items += f"<li>{marks}{name}{' (flaky)' if t['outcome'] == 'flaky' else ''}</li>"
        parts.append(f'<h3 id="{anchor(topic)}">{html.escape(topic)}</h3><ul class="tests">{items}</ul>')
    return "".join(parts)


def shortened(line):
    """Of a long call its beginning, and what came of it."""
    if len(line) <= 220:
        return line
    result = line.rfind(") = ")
    return line[:140] + " ..." + (line[result:result + 80] if result > 140 else "")


def difference(row, with_trace):
    known = row["outcome"] == "known"
    text = [f'<article id="{anchor(row["name"])}" class="{row["outcome"]}"><h3>{html.escape(row["name"])}</h3><p>'
            + "".join(f"{mark(side(row, k))} {html.escape(label)}: {html.escape(side(row, k))} &ensp;"
                      for k, label in SIDES if side(row, k)) + "</p>"]
    if known:
        text.append(f"<p>Known: {html.escape(row['reason'])}</p>")
    if row.get("different_parts"):
        text.append("<p>Parts: " + ", ".join(f"<code>{html.escape(p)}</code>" for p in row["different_parts"]) + "</p>")
    text.append(f"<p class=sub><code>{html.escape(' '.join(row['command']))}</code></p>")
    if row["output"]:
        text.append(f"<pre>{html.escape(chr(10).join(row['output']))}</pre>")
    if with_trace and row["trace"]:
        lines = chr(10).join(shortened(line) for line in row["trace"])
        text.append(f"<details><summary>Its last calls that failed, and the NT calls that they became</summary>"
                    f'<pre id="{trace_anchor(row)}">{html.escape(lines)}</pre></details>')
    return "".join(text) + "</article>"


def differences(document, room):
    """Unexpected ones first. When room is used up, without traces."""
    rows = [r for r in document["tests"] if "output" in r]
    rows.sort(key=lambda r: (r["outcome"] == "known", r["name"]))
    parts, used, cut = [], 0, 0
    for row in rows:
        text = difference(row, True)
        if used + len(text) > room:
            text, cut = difference(row, False), cut + 1
        used += len(text)
        parts.append(text)
    if not parts:
        return '<h2 id="differences">Differences</h2><p>None.</p>'
    note = f"<p>{cut} traces are left out, to keep the page small; the JSON file has them.</p>" if cut else ""
    return f"<h2 id=differences>Differences</h2>{note}{''.join(parts)}"


def sources(document):
    if not any("published" in row for row in document["tests"]):
        return ""
    return ("<p class=sub>WSL 1, published: verdicts of build 16273 as in the logs that Microsoft published with its "
            "release notes (MicrosoftDocs/WSL, LTP_Results/16273, in the repository's history). That LTP is of 2017: a "
            "test of the same name may have grown since.</p>")


def page(document):
    speed = chart.chart(document["speed"]) if "speed" in document else ""
    body = head(document) + matrix(document) + test_lists(document)
    body += differences(document, LIMIT - len((body + speed).encode()) - len(STYLE)) + speed + sources(document)
    return frame(f"{document['suite']} under lxrun", body)


def frame(title, body):
    """A whole page: style and shapes are in it."""
    symbols = "".join(f'<symbol id="{k}" viewBox="0 0 16 16">{v}</symbol>' for k, v in SHAPES.items())
    return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
            f'content="width=device-width,initial-scale=1"><title>{html.escape(title)}</title>'
            f'<style>{STYLE}</style></head><body><svg width="0" height="0" style="position:absolute" '
            f'aria-hidden="true">{symbols}</svg>{body}</body></html>\n')


def badge(document):
    good, total = report.ratio(document)
    value = f"{100 * good / total:.1f} % of native" if total else "unknown"
    bad = document["summary"]["different"] + document["summary"]["unexpected"]
    label, colour = f"lxrun {os.path.basename(document['suite'])}", "#b3261e" if bad or not total else "#1a7f37"
    left, right = 6.6 * len(label) + 14, 6.6 * len(value) + 14
    label, value = html.escape(label), html.escape(value)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right:.0f}" height="20" role="img" '
            f'aria-label="{label}: {value}"><title>{label}: {value}</title>'
            f'<rect width="{left + right:.0f}" height="20" rx="3" fill="#24292f"/>'
            f'<rect x="{left:.0f}" width="{right:.0f}" height="20" rx="3" fill="{colour}"/>'
            f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
            f'<text x="{left / 2:.0f}" y="14">{label}</text><text x="{left + right / 2:.0f}" y="14">{value}</text></g></svg>\n')
