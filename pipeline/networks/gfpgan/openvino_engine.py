"""GFPGAN by OpenVINO on a processor: each stream restores one face, and there are as many streams as pay."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import UInt8
from pipeline.networks.batches import BatchRestorer
from pipeline.networks.quiet_openvino import openvino


def restorer(model: Path, dtype: str, threads: int, most: int = 0) -> BatchRestorer:
    """Compile a converted model for `dtype` "float32" or "bfloat16".

    `most` is the largest number of faces that may run at once, 0 = as many as pay.
    """
    ov, batch = openvino(), streams(threads)
    batch = min(batch, most or batch)
    config = {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "NUM_STREAMS": str(batch),
        "INFERENCE_NUM_THREADS": str(threads),
        "INFERENCE_PRECISION_HINT": "bf16" if dtype == "bfloat16" else "f32",
    }
    compiled = ov.Core().compile_model(str(model), "CPU", config)
    queue = ov.AsyncInferQueue(compiled, batch)

    def forward(faces: UInt8) -> NDArray[np.float32]:
        pictures = np.empty((len(faces), 3, *faces.shape[1:3]), np.float32)

        def keep(request: Any, i: int) -> None:
            pictures[i] = request.get_output_tensor().data[0]

        queue.set_callback(keep)
        for i, face in enumerate(faces):
            queue.start_async(np.ascontiguousarray(face.transpose(2, 0, 1)[None]).astype(np.float32) / 127.5 - 1, i)
        queue.wait_all()
        return pictures

    return BatchRestorer(forward, batch)


def streams(threads: int) -> int:
    """Two, which restore twice as many faces a second as one (measured on two cores); each more would take 0.7 GB."""
    return max(1, min(threads, 2))
