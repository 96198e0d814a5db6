"""`classic`, the restorer without a network: call `clean` to denoise and deblur a shot, `upscale` to enlarge it."""

from pipeline.networks.classic.cleaning import clean
from pipeline.networks.classic.deblurring import deblur
from pipeline.networks.classic.denoising import denoise
from pipeline.networks.classic.upscaling import upscale, upscale_alpha

__all__ = ["clean", "deblur", "denoise", "upscale", "upscale_alpha"]
