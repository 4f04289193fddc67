# SPDX-License-Identifier: Apache-2.0
"""What every part stands on: sentences in two languages, strict reading of bytes, signatures."""
