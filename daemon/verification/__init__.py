"""The check that our GFPGAN engine gives the `gfpgan` package's results: call `compare`, or tick a `Background`."""
