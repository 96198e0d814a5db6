"""The product beside what people would do today, file in and file out: `python -m benchmarks.product`."""
