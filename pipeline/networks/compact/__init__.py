"""`compact`, our own small restorer, whose weights are in the package: call `upscaler.Upscaler`."""
