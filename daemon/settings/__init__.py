"""Reads `config.yaml` into typed settings and names mistakes by line: call `config_file.load`."""
