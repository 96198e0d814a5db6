"""Which parts of a file become clips: call `sections`."""
