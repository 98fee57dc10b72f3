"""`python -I -S boot.py FOLDER SOCKET`: the keeper, without what site and installed packages would cost it."""

import sys

Module = type(sys)


def _package(name: str, folder: str) -> None:
    """Make `name` importable from its folder alone, whatever the environment installed."""
    module = Module(name)
    module.__path__ = [folder]
    sys.modules[name] = module


def boot(arguments: list[str]) -> None:
    here = __file__.rpartition("/")[0]
    for name, folder in (("barter", ""), ("barter.agent", ""), ("barter.agent.runtime", here.rpartition("/")[0])):
        _package(name, folder)
    from barter.agent.runtime.keeper.keeper import Keeper

    Keeper(arguments[0], int(arguments[1])).run()


if __name__ == "__main__":
    boot(sys.argv[1:])
