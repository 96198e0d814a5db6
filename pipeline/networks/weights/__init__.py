"""Weights files: `registry` lists and verifies them, `download.pull` fetches them, `checkpoint.read` loads them."""
