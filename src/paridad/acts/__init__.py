# SPDX-License-Identifier: Apache-2.0
"""Acts: everything a party says, as SD-JWT (RFC 9901)."""
