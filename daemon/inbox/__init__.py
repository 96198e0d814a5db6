"""Watches the folders and hands over dropped files once they are complete: call `inbox.Inbox` and `intake.admit`."""
