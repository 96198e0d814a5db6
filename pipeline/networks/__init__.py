"""The networks, one folder for each; face restorers follow the protocol `restorer.Restorer`.

Call the builder of a folder, such as `gfpgan.build.build`. Importing this package loads no torch.
"""
