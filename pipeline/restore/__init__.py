"""The restorers behind one protocol, and their weights. Importing this package loads neither torch nor a decoder."""
