"""Reads answers from the catalogue as frozen data classes, which commands, metrics and pages only have to format.

Call `status.read_status` for what is going on, `overview.read_overview` for what was finished since a time and
`clips.read_clips` for every clip. They change nothing and need only read permission.
"""
