"""Has tasks done outside this process: the service speaks to an `executor.Executor`, commands to a `child.Child`."""
