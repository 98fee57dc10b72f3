"""The side of `barter dev` that touches the machine: processes, ports, files, the terminal."""
