"""What was dropped, once it is whole: call `inbox.Inbox`."""
