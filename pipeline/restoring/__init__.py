"""Restores a clip window by window, shot by shot: call `restoration.Restoration` with the settings' `tools`."""
