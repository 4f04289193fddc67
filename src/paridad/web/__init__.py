# SPDX-License-Identifier: Apache-2.0
"""The status page of a node: one document, two languages, loopback only, nothing to click but the language."""
