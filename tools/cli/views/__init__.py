"""What verbs print: wire messages as plain data, one file per kind, with the columns of its table."""
