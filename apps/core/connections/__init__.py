"""An organization's accounts at third parties: connecting, testing, pausing, removing."""
