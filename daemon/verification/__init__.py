"""Proof that our GFPGAN engine gives what the `gfpgan` package gives: call `compare`, or tick a `Background`."""
