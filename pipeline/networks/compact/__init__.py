"""`compact`, the embedded restorer of our own: call `upscaler.Upscaler`."""
