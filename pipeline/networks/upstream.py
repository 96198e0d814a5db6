"""What the original packages need to be imported beside today's torchvision."""

import sys
import types


def prepare_import() -> None:
    """Call this before `import gfpgan`, `basicsr` or `facexlib`.

    basicsr 1.4.2 imports `torchvision.transforms.functional_tensor`, which torchvision 0.17 removed. The one function
    that it takes from there has moved to another module.
    """
    name = "torchvision.transforms.functional_tensor"
    if name in sys.modules:
        return
    from torchvision.transforms.functional import rgb_to_grayscale

    module = types.ModuleType(name)
    module.__dict__["rgb_to_grayscale"] = rgb_to_grayscale
    sys.modules[name] = module
