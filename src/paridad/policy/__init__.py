# SPDX-License-Identifier: Apache-2.0
"""What may leave, be passed on, be read, be done: decisions that explain themselves. Start at `engine.py`."""
