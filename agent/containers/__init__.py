"""Which calls an engine gets for an executor's tasks, and what its answers mean for them."""
