"""Names for the arrays that the pipeline passes around, one for each element type.

An alias states the element type only. Shape, colour order and range are in the docstring of whatever takes or returns
the array: `(T, H, W, 3) uint8 sRGB`.
"""

import numpy as np
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]
