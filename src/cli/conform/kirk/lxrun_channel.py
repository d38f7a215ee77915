# SPDX-License-Identifier: MIT
"""For kirk, the runner of LTP: a channel whose commands run under lxrun on this machine, and the system under
test that uses it. (kirk reads --com before it knows of plugins, so that the options are the system's.)

kirk --plugins THIS-DIRECTORY --sut lxrun --run-suite syscalls
kirk --plugins THIS-DIRECTORY --sut 'lxrun:options=--quirks=wsl1' --run-suite syscalls
"""
import shlex
import shutil

from libkirk import sut_base
from libkirk.channels import shell
from libkirk.errors import PluginError

HELP = {
    "lxrun": "the program (default: lxrun, from PATH)",
    "options": "options for it, as one would type them: --quirks=wsl1 --stats=FILE",
}


class LxrunComChannel(shell.ShellComChannel):
    _name = "lxrun"

    def __init__(self):
        super().__init__()
        self._command = ["lxrun"]

    @property
    def config_help(self):
        return HELP

    def setup(self, **kwargs):
        program = shutil.which(kwargs.get("lxrun") or "lxrun")
        if not program:
            raise PluginError(f"{kwargs.get('lxrun') or 'lxrun'}: no such program")
        self._command = [program] + shlex.split(kwargs.get("options") or "")

    async def run_command(self, command, cwd=None, env=None, iobuffer=None):
        if not command:
            raise ValueError("command is empty")
        under = shlex.join(self._command + ["--", "/bin/sh", "-c", command])
        result = await super().run_command(under, cwd=cwd, env=env, iobuffer=iobuffer)
        if result:
            result["command"] = command
        return result


class LxrunSUT(sut_base.GenericSUT):
    @property
    def name(self):
        return "lxrun"

    @property
    def config_help(self):
        return HELP

    def setup(self, **kwargs):
        self._com = LxrunComChannel()
        self._com.setup(**kwargs)
