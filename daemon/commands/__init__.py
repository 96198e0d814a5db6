"""The commands, one module each; `daemon.cli` parses the command line and calls them."""
