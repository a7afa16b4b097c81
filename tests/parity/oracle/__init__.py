"""Correctness oracle: tiny Hugging Face models and the numbers a correct implementation must reproduce.

configs.py   a tiny configuration of every model type, none of whose switches stands at a value that hides it
weights.py   random weights of order one, written as an ordinary checkpoint that is proven to load back
reference.py logits, loss, gradients and trained weights under the names of the checkpoint
python -m oracle make|reference|list|check from the folder above, for one model by hand

Needs torch, transformers >= 5 and safetensors; CPU only, a second or two per model.
"""
