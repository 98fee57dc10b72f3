"""`barter framework`."""

import click

from barter.tools.cli.options import master_option


@click.group(epilog="Example: barter framework teardown FRAMEWORK (the ids are in `barter frameworks`)")
def framework() -> None:
    """Tear a framework down."""


@framework.command(epilog="Example: barter framework teardown k3x9aq-1-0001")
@click.argument("framework_id")
@master_option
def teardown(framework_id: str, master: str) -> None:
    """Remove a framework for good: its tasks are killed, its id is not taken again."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask

    request = pb.TeardownFrameworkRequest(framework_id=framework_id)
    ask(master, lambda stub: stub.TeardownFramework(request, timeout=TIMEOUT_S))
    click.echo(f"framework {framework_id} is torn down, its tasks are being killed")
