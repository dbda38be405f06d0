"""What stands between the server and the applications: bounds on what anybody may send."""
