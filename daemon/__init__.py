"""The service: files and rows. Knows paths, processes, SQLite and systemd; never touches pixels."""
