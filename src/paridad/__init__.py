# SPDX-License-Identifier: Apache-2.0
"""Paridad: security cooperation between sovereign equals."""

__version__ = "0.1.0"
