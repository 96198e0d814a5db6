"""The face detector and the paste mask of the package facexlib: call `retinaface.retinaface`, `parsenet.parsenet`."""
