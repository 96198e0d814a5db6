"""The restorers, one folder a network, behind one protocol, `restorer.Restorer`; importing this loads no torch."""
