"""The daemon that runs: its loop, upkeep, signals and telemetry: call `service.run`."""
