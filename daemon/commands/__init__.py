"""What each command does, one module a command; `daemon.cli` only parses."""
