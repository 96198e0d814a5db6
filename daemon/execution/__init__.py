"""Has tasks done outside this process: start one, hear of it, cancel it."""
