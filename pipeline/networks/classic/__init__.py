"""`classic`, the restorer without a network: denoise along the motion, deblur mildly, enlarge."""
