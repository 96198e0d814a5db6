"""Restores a clip window by window, shot by shot: call `ClipRestoration.restore_window` with the settings' `tools`."""
