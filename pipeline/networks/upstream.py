"""Import the original packages on today's torchvision, and without a download."""

import sys
import types


def prepare_import() -> None:
    """Make `import gfpgan`, `basicsr` and `facexlib` possible; call it before.

    basicsr 1.4.2 imports `torchvision.transforms.functional_tensor`, which torchvision 0.17 removed. It needs one
    function of it, which lives on elsewhere.
    """
    name = "torchvision.transforms.functional_tensor"
    if name in sys.modules:
        return
    from torchvision.transforms.functional import rgb_to_grayscale

    module = types.ModuleType(name)
    module.__dict__["rgb_to_grayscale"] = rgb_to_grayscale
    sys.modules[name] = module
