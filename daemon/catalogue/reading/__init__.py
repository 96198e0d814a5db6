"""What the catalogue answers, each answer a frozen data class: commands, metrics and pages only give it a form.

Call `status.read_status` for what is going on, `overview.read_overview` for what was finished since a time and
`clips.read_clips` for every clip. They change nothing, and need read permission only.
"""
