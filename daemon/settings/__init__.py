"""`config.yaml` to settings, mistakes named by line: call `config_file.load`."""
