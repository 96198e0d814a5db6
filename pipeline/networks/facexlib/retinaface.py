"""The detector of upstream GFPGAN: facexlib's RetinaFace-ResNet50 (Deng et al. 2019, arXiv 1905.00641)."""

import numpy as np
import torch

from pipeline.arrays import Float32, UInt8
from pipeline.faces.detect import Detection, Detector
from pipeline.networks.upstream import prepare_import
from pipeline.networks.weights.checkpoint import fill, read
from pipeline.networks.weights.registry import REGISTRY, Weights
from pipeline.settings import Faces, Models

WEIGHTS = REGISTRY["RetinaFace-ResNet50"]


def retinaface(settings: Faces, models: Models, device: str = "cpu", weights: Weights = WEIGHTS) -> Detector:
    """Return a detector for (H, W, 3) uint8 RGB pictures, best face first. Raises WeightsMissing, WeightsWrong.

    RetinaFace gives higher scores than YuNet, so `min_score` is raised: its default becomes upstream's 0.97.
    """
    prepare_import()
    from facexlib.detection.retinaface import RetinaFace

    tensors = read(weights, models)
    network = RetinaFace(network_name="resnet50", half=False, device=torch.device(device))
    fill(network, tensors, weights.name)
    network.eval().to(device)
    min_score = 1 - (1 - settings.min_score) * 0.075

    @torch.inference_mode()
    def detect(rgb: UInt8) -> list[Detection]:
        rows = network.detect_faces(np.ascontiguousarray(rgb[..., ::-1]), min_score)
        faces = [_detection(row) for row in rows if np.isfinite(row).all()]
        return [face for face in faces if face.box[2:].min() >= settings.min_size_px]

    return detect


def _detection(row: Float32) -> Detection:
    box = np.concatenate([row[:2], row[2:4] - row[:2]]).astype(np.float32)
    return Detection(box, row[5:15].reshape(5, 2).astype(np.float32), float(row[4]))
