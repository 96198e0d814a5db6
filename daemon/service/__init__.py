"""The running daemon: its loop, upkeep, signals and telemetry. Its entry point is `service.run`."""
