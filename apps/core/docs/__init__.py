"""The user guide, shown inside the app. Its words stand in `docs/guide/`, once."""
