#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The composite action and the example workflow: structure, shell syntax of every step, and that what a
workflow passes is an input of the action. Then the action's own steps are run, as a runner would. Prints what failed, then how much was checked."""
import os
import re
import subprocess
import sys
import tempfile

import yaml

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ACTION = os.path.join(TOP, ".github/actions/lxrun/action.yml")
FLOWS = [os.path.join(TOP, "docs/github-workflow.yml"), os.path.join(TOP, ".github/workflows/ci.yml")]
bad = 0
checked = 0
steps = 0


def expect(good, text):
    global bad, checked
    checked += 1
    if not good:
        bad += 1
        print(f"action: {text}")


def load(path):
    with open(path, encoding="utf-8") as f:
        return yaml.safe_load(f)


def check_step(where, step):
    global steps
    steps += 1
    expect(("run" in step) != ("uses" in step), f"{where}: a step has either run or uses: {step}")
    if "run" in step:
        text = re.sub(r"\$\{\{.*?\}\}", "x", step["run"])
        done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
        expect(done.returncode == 0, f"{where}: {step.get('name')}: {done.stderr.strip()}")
        shell = step.get("shell", "bash")
        expect(shell == "bash" or "{0}" in shell, f"{where}: shell {shell} has no {{0}}")
    known = {"name", "id", "if", "uses", "with", "run", "shell", "env", "working-directory", "continue-on-error"}
    expect(not set(step) - known, f"{where}: no such keys: {set(step) - known}")


def run_action(action, build):
    """The steps of the action, with a runner's files and variables. Returns how many."""
    with tempfile.TemporaryDirectory() as work:
        path_file = os.path.join(work, "path")
        open(path_file, "w", encoding="utf-8").close()
        inputs = {k: v.get("default", "") for k, v in action["inputs"].items()}
        inputs.update(run="uname -r > release\n[ $((1 + 1)) = 2 ]\n", stats="stats.html", quirks="wsl1:17763")

        def filled(text):
            text = text.replace("${{ github.action_path }}", os.path.dirname(ACTION))
            return re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda m: inputs[m.group(1)], text)
        for step in action["runs"]["steps"][1:]:  # the first one builds, and may install packages
            env = dict(os.environ, GITHUB_PATH=path_file, PATH=build + ":" + os.environ["PATH"],
                       **{k: filled(v) for k, v in step.get("env", {}).items()})
            done = subprocess.run(["bash", "-eo", "pipefail", "-c", filled(step["run"])], cwd=work, env=env,
                                  capture_output=True, text=True, timeout=60, check=False)
            expect(done.returncode == 0, f"{step['name']}: {done.stdout}{done.stderr}")
        try:
            with open(os.path.join(work, "release"), encoding="utf-8") as f:
                expect(f.read() == "4.4.0-17763-Microsoft\n", "the script did not run under lxrun as that build")
            expect(os.path.getsize(os.path.join(work, "stats.html")) > 1000, "the page of statistics is empty")
        except OSError as error:
            expect(False, str(error))
    return len(action["runs"]["steps"]) - 1


def main():
    action = load(ACTION)
    expect(action["runs"]["using"] == "composite" and action["name"] and action["description"], "action.yml: head")
    for step in action["runs"]["steps"]:
        check_step("action.yml", step)
        expect("run" not in step or "shell" in step, "action.yml: a composite step needs its shell")
    for path in FLOWS:
        name = os.path.basename(path)
        flow = load(path)
        expect(flow.get("jobs") and (True in flow or "on" in flow), f"{name}: on and jobs are wanted")
        for job in flow["jobs"].values():
            expect("runs-on" in job and "timeout-minutes" in job, f"{name}: runs-on and timeout-minutes are wanted")
            for step in job["steps"]:
                check_step(name, step)
                if "/.github/actions/lxrun@" in step.get("uses", ""):
                    expect(not set(step.get("with", {})) - set(action["inputs"]), f"{name}: no such input of the action")
    ran = run_action(action, os.path.realpath(os.environ.get("O", "build")))
    print(f"action: {checked} checks, {bad} failed: {steps} steps of the action and {len(FLOWS)} workflows; ran {ran} of the action")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
