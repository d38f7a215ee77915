#!/bin/sh
# SPDX-License-Identifier: MIT
# The OPTIONS part of the man page is what src/cli/options.def says, lxrun-quirks(7) what lxrun/quirks.def says; the completions are valid shell;
# docs/*.scml are what --scml prints.
lxrun=${O:-build}/lxrun
bad=0

want=$(mktemp) || exit 1
have=$(mktemp) || exit 1
trap 'rm -f "$want" "$have"' EXIT
"$lxrun" --complete scdoc >"$want" || exit 1
awk '/^# / { on = $0 == "# OPTIONS"; next } on' docs/lxrun.1.scd | sed '1{/^$/d}' >"$have"
if ! diff -u "$have" "$want"; then
	echo "docs/lxrun.1.scd: OPTIONS differs from src/cli/options.def (lxrun --complete scdoc prints it)"
	bad=1
fi
"$lxrun" --list-quirks=scdoc >"$want" || exit 1
awk '/^# / { on = $0 == "# QUIRKS"; next } on && /^\*/ { body = 1 } on && body' docs/lxrun-quirks.7.scd >"$have"
if ! diff -u "$have" "$want"; then
	echo "docs/lxrun-quirks.7.scd: QUIRKS differs from include/lxrun/quirks.def (lxrun --list-quirks=scdoc prints it)"
	bad=1
fi
for list in lxrun: wsl1-19041:=wsl1; do
	"$lxrun" --scml${list#*:} >"$want" || exit 1
	cmp "$want" "docs/${list%%:*}.scml" || { echo "docs/${list%%:*}.scml: run make syscalls-doc"; bad=1; }
done
for shell in bash zsh fish; do
	command -v $shell >/dev/null || continue
	"$lxrun" --complete $shell >"$want" && $shell -n "$want" || { echo "lxrun --complete $shell: not valid"; bad=1; }
done
exit $bad
