"""Restores a clip window by window and shot by shot: load `tools`, then call `ClipRestoration.restore_window`."""
