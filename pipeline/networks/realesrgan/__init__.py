"""Real-ESRGAN for the background: call `realesrgan`."""
