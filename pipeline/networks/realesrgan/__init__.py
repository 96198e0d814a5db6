"""Real-ESRGAN, which enlarges the background: call `realesrgan.realesrgan` to load it."""
