"""How a finished clip scores, and the pictures that show it: call `scores.evaluate`."""
