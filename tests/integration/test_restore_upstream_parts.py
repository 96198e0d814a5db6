"""Upstream's own detector, mask and background, with random weights in their official formats."""

import cv2
import numpy as np
import pytest
import torch
from restore_random import randomise, save

from pipeline.errors import WeightsMissing, WeightsWrong
from pipeline.networks.facexlib.parsenet import FACE, parsenet, softened
from pipeline.networks.facexlib.retinaface import retinaface
from pipeline.networks.realesrgan.realesrgan import double, realesrgan
from pipeline.networks.upstream import prepare_import
from pipeline.settings import Faces, Models

torch.set_num_threads(2)


@pytest.fixture
def models(tmp_path):
    return Models(folder=tmp_path)


def picture(height, width):
    coarse = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def test_retinaface_gives_facexlibs_detections(models):
    prepare_import()
    from facexlib.detection.retinaface import RetinaFace

    theirs = randomise(RetinaFace(network_name="resnet50", half=False, device=torch.device("cpu")), 4)
    # the official file has the names of DataParallel
    weights = save({f"module.{k}": v for k, v in theirs.state_dict().items()}, models.folder, "RetinaFace-ResNet50")
    rgb = picture(96, 128)
    with torch.no_grad():
        expected = theirs.detect_faces(rgb[..., ::-1].copy(), 1 - 0.4 * 0.075)
    found = retinaface(Faces(min_size_px=4), models, weights=weights)(rgb)
    large = [row for row in expected if (row[2:4] - row[:2]).min() >= 4]
    assert len(large) > 0
    assert len(found) == len(large)
    for face, row in zip(found, large, strict=True):
        assert np.allclose(face.landmarks.ravel(), row[5:15], atol=1e-3)
        assert np.allclose(face.box, [*row[:2], *(row[2:4] - row[:2])], atol=1e-3)


def test_parsenet_masks_the_pixels_that_it_calls_face(models):
    prepare_import()
    from facexlib.parsing.parsenet import ParseNet

    theirs = randomise(ParseNet(in_size=512, out_size=512, parsing_ch=19), 2)
    weights = save(theirs.state_dict(), models.folder, "ParseNet")
    face = picture(512, 512)
    x = torch.from_numpy(face).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.no_grad():
        classes = theirs(x)[0].argmax(1)[0].numpy()
    mask = parsenet(models, weights=weights)(face)
    assert mask.shape == (512, 512)
    assert 0 <= mask.min() <= mask.max() <= 1
    assert np.abs(mask - softened(FACE[classes])).mean() < 1e-3


def network():
    prepare_import()
    from basicsr.archs.rrdbnet_arch import RRDBNet

    return randomise(RRDBNet(num_in_ch=3, num_out_ch=3, num_feat=64, num_block=23, num_grow_ch=32, scale=2), 1)


def test_realesrgan_doubles_and_other_scales_follow(models):
    weights = save({"params_ema": network().state_dict()}, models.folder, "RealESRGAN_x2plus")
    upscale = realesrgan(models, weights=weights)
    rgb = picture(15, 22)
    for scale in (1, 2, 4):
        assert upscale(rgb, scale).shape == (15 * scale, 22 * scale, 3)


def test_tiles_show_no_seam():
    prepare_import()
    from basicsr.archs.rrdbnet_arch import RRDBNet

    small = randomise(RRDBNet(num_in_ch=3, num_out_ch=3, num_feat=8, num_block=1, num_grow_ch=4, scale=2), 1)
    rgb = picture(40, 52)
    whole = double(rgb, small, "cpu", tile=64).astype(int)
    assert whole.std() > 5
    assert np.abs(double(rgb, small, "cpu", tile=16) - whole).max() <= 1


@pytest.mark.parametrize("make", [lambda m: retinaface(Faces(), m), parsenet, realesrgan])
def test_without_its_weights_each_says_where_they_belong(models, make):
    with pytest.raises(WeightsMissing, match="gifrestored models pull"):
        make(models)


def test_another_networks_file_is_refused(models):
    weights = save({"params_ema": {"conv_first.weight": torch.zeros(1)}}, models.folder, "RealESRGAN_x2plus")
    with pytest.raises(WeightsWrong, match="missing"):
        realesrgan(models, weights=weights)
