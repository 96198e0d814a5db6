"""GFPGAN by the `gfpgan` package's own network, unchanged: to fall back on, and to compare our engine with."""

import torch
from torch import Tensor, nn

from pipeline.networks.batches import BatchRestorer
from pipeline.networks.gfpgan.layers import Architecture
from pipeline.networks.gfpgan.torch_engine import forward
from pipeline.networks.memory import keep_freed_memory
from pipeline.networks.upstream import prepare_import
from pipeline.networks.weights.checkpoint import fill, read
from pipeline.networks.weights.registry import Weights
from pipeline.settings import Models


def load(weights: Weights, models: Models, arch: Architecture) -> nn.Module:
    """The package's `GFPGANv1Clean` with the weights of a verified file. Raises WeightsMissing, WeightsWrong.

    Importing the package costs 2 to 3 s and 257 MB.
    """
    prepare_import()
    from gfpgan.archs.gfpganv1_clean_arch import GFPGANv1Clean

    with torch.device("meta"):
        network: nn.Module = GFPGANv1Clean(
            out_size=arch.size,
            num_style_feat=arch.style,
            channel_multiplier=arch.channel_multiplier,
            num_mlp=arch.style_layers,
            input_is_latent=True,
            different_w=True,
            narrow=arch.narrow,
            sft_half=True,
        )
    fill(network, read(weights, models), weights.name)
    return network.eval()


def restorer(network: nn.Module, device: str, batch: int) -> BatchRestorer:
    """Move the network to the device and wrap its forward pass: float32, with the noise that the checkpoint stores."""
    if device == "cpu":
        keep_freed_memory()
    network = network.to(device)

    def picture(faces: Tensor) -> Tensor:
        # by default the package draws new noise for each face, and a clip would flicker
        return torch.as_tensor(network(faces, return_rgb=False, randomize_noise=False)[0])

    return BatchRestorer(forward(picture, device, torch.float32, torch.contiguous_format), batch)
