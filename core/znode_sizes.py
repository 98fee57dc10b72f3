"""What ZooKeeper takes in one message: it cuts the connection of who sends more, and does so again at each retry."""

from collections.abc import Sequence

from barter.core.znodes import Create, Operation, SetData

NODE_BYTES = 512 * 1024
TRANSACTION_BYTES = 900 * 1024
_OPERATION_BYTES = 200


def check_sizes(operations: Sequence[Operation]) -> None:
    """Raises ValueError for what is more than a megabyte, or comes near."""
    total = 0
    for operation in operations:
        size = len(operation.data) if isinstance(operation, Create | SetData) else 0
        if size > NODE_BYTES:
            raise ValueError(f"{operation.path}: {size} bytes are more than the {NODE_BYTES} that one node may hold")
        total += size + len(operation.path) + _OPERATION_BYTES
    if total > TRANSACTION_BYTES:
        raise ValueError(f"{total} bytes are more than the {TRANSACTION_BYTES} that one transaction may have")
