# SPDX-License-Identifier: Apache-2.0
"""The programme: what the parties agreed on (the charter), whose keys are whose, and how both may change."""
