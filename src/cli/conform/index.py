# SPDX-License-Identifier: MIT
"""One page over several reports: --conform A.json B.json --index FILE. A report's page is linked where it lies beside its results."""
import html
import os

import page
import report


def link(path, place):
    """The report of a result file, as seen from the index in directory place; None: there is none."""
    beside = os.path.splitext(path)[0] + ".html"
    return os.path.relpath(beside, place) if os.path.exists(beside) else None


def counts(summary):
    shown = (("different", "fail", "unexpected differences"), ("unexpected", "timeout", "unexpected passes"), ("known", "skip", "known differences"))
    return "".join(f'<span class="count">{page.mark(shape, text + ": ")} {summary[key]}</span> '
                   for key, shape, text in shown if summary[key]) or f'{page.mark("pass")} none'


def row(path, document, place):
    good, total = report.ratio(document)
    percent = f"{100 * good / total:.1f} %" if total else "-"
    name, target = html.escape(str(document["suite"])), link(path, place)
    name = f'<a href="{html.escape(target, quote=True)}">{name}</a>' if target else name
    what = " ".join([document["lxrun"]] + document["options"])
    return (f'<tr><th scope="row">{name}<br><span class="sub">{html.escape(str(document["commit"]))}</span></th>'
            f'<td class="n"><b>{percent}</b> {page.bar(good, total)}</td><td class="n">{good}/{total}</td>'
            f'<td>{counts(document["summary"])}</td><td class="sub wide">{html.escape(what)}<br>{html.escape(document["time"])}</td></tr>')


def index(paths, documents, place):
    pairs = sorted(zip(paths, documents), key=lambda pair: str(pair[1]["suite"]))
    rows = "".join(row(path, document, place) for path, document in pairs)
    kernels = ", ".join(sorted({d["kernel"] for d in documents}))
    legend = ("A test counts if it passes natively in the same run. Differences: "
              f'{page.mark("fail")} nobody expected, {page.mark("timeout")} an expected failure that passes, {page.mark("skip")} known.')
    body = (f'<h1>Native Linux and lxrun</h1><p class="sub">{html.escape(kernels)}</p><table><tr><th scope="col">suite</th>'
            '<th scope="col">of native</th><th scope="col">passed</th><th scope="col">differences</th><th scope="col" class="wide">run</th></tr>'
            f'{rows}</table><p class="sub">{legend}</p>')
    return page.frame("Native Linux and lxrun", body)
