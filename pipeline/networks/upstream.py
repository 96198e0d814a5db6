"""Makes the packages gfpgan, basicsr and facexlib importable with today's torchvision."""

import sys
import types


def prepare_import() -> None:
    """Prepare for `import gfpgan`, `basicsr` or `facexlib`; call it first.

    basicsr 1.4.2 imports `torchvision.transforms.functional_tensor`, which torchvision 0.17 removed. It needs only one
    function, which torchvision now has elsewhere.
    """
    name = "torchvision.transforms.functional_tensor"
    if name in sys.modules:
        return
    from torchvision.transforms.functional import rgb_to_grayscale

    module = types.ModuleType(name)
    module.__dict__["rgb_to_grayscale"] = rgb_to_grayscale
    sys.modules[name] = module
