"""A click group that imports a verb's module only when that verb runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

import click


@dataclass(frozen=True, slots=True)
class Verb:
    """`target` is `module:attribute`; `help` stands in the list of verbs, so that listing imports nothing."""

    name: str
    target: str
    section: str
    help: str

    def load(self) -> click.Command:
        module, _, attribute = self.target.partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command), self.target
        return command


class LazyGroup(click.Group):
    """Lists its verbs by section."""

    verbs: Sequence[Verb] = ()

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [verb.name for verb in self.verbs]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return next((verb.load() for verb in self.verbs if verb.name == cmd_name), None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section in dict.fromkeys(verb.section for verb in self.verbs):
            with formatter.section(section):
                formatter.write_dl([(verb.name, verb.help) for verb in self.verbs if verb.section == section])
