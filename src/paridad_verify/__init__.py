# SPDX-License-Identifier: Apache-2.0
"""The auditor's verifier: checks an export without any code of the nodes that made it."""
