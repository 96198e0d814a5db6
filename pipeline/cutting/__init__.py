"""Which parts of a file become clips, and what they are measured on: call `sections` and `measure_section`."""
