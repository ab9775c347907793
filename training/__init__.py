"""Trains the reader. Nothing of this is needed to use Quoth.

python -m training.mine --data DIR --work DIR      hard negatives of our own search, once
python -m training.train --data DIR --work DIR     the model, resumed where it was stopped
python -m training.export --work DIR               int8 ONNX, into retrieval/models/reader
python -m training.calibrate --data DIR            the weights of ranking and confidence
"""
