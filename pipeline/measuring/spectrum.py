"""Estimates blur and enlargement from the mean spectrum of rows and columns.

The spectrum of a picture falls as a power of the frequency (Field 1987; Ruderman 1994). A blur multiplies it by a
transfer function. An enlargement ends it at the same frequency everywhere and adds the images of the interpolation
beyond (Unser 2000, "Sampling: 50 years after Shannon"). Each candidate is fitted together with the noise floor; the one
with the smallest residual wins.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import j1

from pipeline.arrays import Float32, Float64

_WINDOW = 64
_FREQUENCY = np.arange(2, _WINDOW // 2 + 1) / _WINDOW  # cycles/px; lower ones leak through the window
_POWERS = np.arange(1.2, 3.61, 0.3)
_SIGMAS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, *np.geomspace(1.0, 8.0, 22))
_RADII = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0)
_LENGTHS = (2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 14.0, 17.0, 20.0)
_FACTORS = (1.25, 1.35, 1.5, 1.65, 1.8, 2.0, 2.25, 2.5, 2.75, 3.0, 3.33, 3.67, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0)
_KERNELS = ("nearest", "linear", "cubic", "sharp cubic", "lanczos")
_CAP_DB = 5.0  # limits the weight of a single line in the spectrum (ordered dither, stripes)


@dataclass(frozen=True, slots=True)
class Fit:
    """Residuals in dB of the best clean, blurred and enlarged spectrum, and the parameters of the latter two.

    `sigma_px` (x, y) is the blur's standard deviation along each axis, `factor` the enlargement.
    """

    clean_db: float
    blurred_db: float
    enlarged_db: float
    sigma_px: tuple[float, float]
    factor: float


def fit(greys: Float32, white: float, rising: float) -> Fit | None:
    """Fit the spectra of (N, H, W) float32 frames; `white` and `rising` are the RMS of their noise, as in `Noise`.

    None if a side is below 64 px, or if nothing rises above the noise.
    """
    if min(greys.shape[1:]) < _WINDOW:
        return None
    floors = _floors(white, rising)
    axes = [mean_spectrum(greys), mean_spectrum(greys.transpose(0, 2, 1))]
    blurs, sigmas = _blurs()
    enlargements, factors = _enlargements()
    blurred = [_residuals(power, blurs, floors) for power in axes]
    enlarged = _rms([_residuals(power, enlargements, floors) for power in axes])
    if not all(np.isfinite(residual).any() for residual in [*blurred, enlarged]):
        return None
    best = [int(residual.argmin()) for residual in blurred]
    return Fit(
        clean_db=float(_rms([residual[:1] for residual in blurred])[0]),
        blurred_db=float(_rms([residual[i : i + 1] for residual, i in zip(blurred, best, strict=True)])[0]),
        enlarged_db=float(enlarged.min()),
        sigma_px=(float(sigmas[best[0]]), float(sigmas[best[1]])),
        factor=float(factors[int(enlarged.argmin())]),
    )


def mean_spectrum(greys: Float32) -> Float64:
    """Return the mean power (F,) of (N, H, W) frames along x, in 64 px Hann windows; white noise of σ gives σ²."""
    window = np.hanning(_WINDOW).astype(np.float32)
    window /= np.sqrt(np.square(window).sum())
    total = np.zeros(_WINDOW // 2 + 1)
    starts = range(0, greys.shape[2] - _WINDOW + 1, _WINDOW // 2)
    for start in starts:
        piece = greys[:, :, start : start + _WINDOW]
        piece = (piece - piece.mean(axis=2, keepdims=True)) * window
        total += np.square(np.abs(np.fft.rfft(piece, axis=2))).mean(axis=(0, 1))
    return np.asarray(total[2:] / len(starts) + 1e-3)


def _floors(white: float, rising: float) -> Float64:
    """Return candidate noise spectra (N, F): rounding alone, then 0.35 to 1.3 times the measured noise."""
    rounding = 1.0 / 12.0
    blue = np.square(np.sin(np.pi * _FREQUENCY)) ** 2
    blue /= blue.mean()
    candidates = [
        np.full(len(_FREQUENCY), rounding * 0.8),
        *(max(rounding, share * white**2) + share * rising**2 * blue for share in (0.35, 0.6, 0.8, 1.0, 1.3)),
    ]
    return np.asarray(candidates)


def _residuals(power: Float64, templates: Float64, floors: Float64) -> Float64:
    """Return each template's least capped RMS residual (T,) in dB; templates are (T, A, F) log power."""
    best = np.full(len(templates), np.inf)
    for floor in floors:
        signal = power - floor
        weight = np.where(signal > 0.5 * floor, np.square(np.maximum(signal, 0.0) / power), 0.0)
        if np.count_nonzero(weight) < 4:
            continue
        weight /= weight.sum()
        gain = np.log(np.maximum(signal, 1e-9)) @ weight - templates @ weight
        model = np.log(np.exp(templates + gain[..., None]) + floor)
        miss = np.minimum(np.abs(model - np.log(power)) * (10.0 / np.log(10.0)), _CAP_DB)
        best = np.minimum(best, np.sqrt(np.square(miss).mean(axis=2)).min(axis=1))
    return best


def _rms(residuals: list[Float64]) -> Float64:
    return np.asarray(np.sqrt(np.mean(np.square(residuals), axis=0)))


@lru_cache(maxsize=1)
def _blurs() -> tuple[Float64, Float64]:
    """Return log spectra (T, A, F) of blurred pictures and the standard deviation (T,) of each blur in px."""
    across = np.arange(0.0025, 0.5, 0.005)
    radius = 2 * np.pi * np.hypot(_FREQUENCY[:, None], across)
    transfers = [np.ones_like(radius)]
    transfers += [np.exp(-np.square(radius * sigma)) for sigma in _SIGMAS]
    transfers += [np.square(2 * j1(radius * disc) / (radius * disc)) for disc in _RADII]
    transfers += [np.square(np.sinc(_FREQUENCY[:, None] * length)) * np.ones_like(radius) for length in _LENGTHS]
    sigmas = [0.0, *_SIGMAS, *(disc / 2 for disc in _RADII), *(length / np.sqrt(12) for length in _LENGTHS)]
    spectra = np.array([[_projected(radius, transfer, power) for power in _POWERS] for transfer in transfers])
    return np.log(spectra + 1e-12), np.array(sigmas)


def _projected(radius: Float64, transfer: Float64, power: float) -> Float64:
    """Return the spectrum (F,) of the rows of a picture with a 2-D power law: its sum over the other axis."""
    law = radius ** -(power + 1.0)
    return np.asarray((law * transfer).sum(axis=1) / law.sum(axis=1) * _FREQUENCY**-power)


@lru_cache(maxsize=1)
def _enlargements() -> tuple[Float64, Float64]:
    """Return log spectra (T, A, F) of pictures shrunk by area and enlarged again, and the factor (T,) of each."""
    spectra = [
        [_folded(factor, power) * _response(kernel, factor) for power in _POWERS]
        for factor in _FACTORS
        for kernel in _KERNELS
    ]
    return np.log(np.array(spectra) + 1e-12), np.repeat(_FACTORS, len(_KERNELS))


def _folded(factor: float, power: float) -> Float64:
    """Return the periodic spectrum (F,) of the small picture, at the frequencies of the large one."""
    orders = np.arange(-4, 5)[:, None] / factor
    at = np.maximum(np.abs(_FREQUENCY + orders), 1.0 / 128.0)
    return np.asarray((at**-power * np.square(np.sinc(at * factor)) * (at < 0.75)).sum(axis=0))


def _response(kernel: str, factor: float) -> Float64:
    """Return the power response (F,) of an interpolation kernel stretched `factor` times."""
    x = np.arange(-4.0 * factor, 4.0 * factor, 1.0 / 16.0) / factor
    weights = _kernel(kernel, x)
    response = np.cos(2 * np.pi * _FREQUENCY[:, None] * x * factor) @ weights / weights.sum()
    return np.asarray(np.square(response))


def _kernel(name: str, x: Float64) -> Float64:
    near = np.abs(x)
    if name == "nearest":
        return np.asarray(near <= 0.5, np.float64)
    if name == "linear":
        return np.maximum(0.0, 1.0 - near)
    if name == "lanczos":
        return np.where(near < 3, np.sinc(x) * np.sinc(x / 3), 0.0)
    a = -0.75 if name == "sharp cubic" else -0.5  # Keys 1981; OpenCV's is the sharp one
    inner = (a + 2) * near**3 - (a + 3) * near**2 + 1
    outer = a * near**3 - 5 * a * near**2 + 8 * a * near - 4 * a
    return np.where(near < 1, inner, np.where(near < 2, outer, 0.0))
